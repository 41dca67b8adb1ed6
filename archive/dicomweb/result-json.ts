/**
 * Results of a search as DICOM JSON (PS3.18 Annex F), written as text: what stays the same from row to row is made once.
 */
import { hexTag } from '#dicom/data/dictionary.ts';
import { parsePersonName } from '#dicom/data/person-name.ts';
import type { IndexedAttribute, Level } from '#index/attributes.ts';
import { itemsOf, levelsDownTo, resultColumn } from '#index/query.ts';
import type { FoundRow } from '#index/query.ts';

/** One attribute of every result; it has an empty value where the row has none. */
interface Field {
  readonly tag: string;
  write(row: FoundRow): string;
}

/** @param baseUrl  what Retrieve URLs begin with: the address of the service */
export function resultWriter(
  level: Level,
  returned: readonly IndexedAttribute[],
  baseUrl: string,
): (row: FoundRow) => string {
  const fields: Field[] = [
    fixed('00080005', 'CS', 'ISO_IR 192'),
    fixed('00080056', 'CS', 'ONLINE'),
    {
      tag: '00081190',
      write: (row) => `"00081190":{"vr":"UR","Value":[${JSON.stringify(baseUrl + resourceOf(row, level))}]}`,
    },
    ...returned.filter(({ within }) => within === undefined).map(attributeField),
    ...sequenceFields(returned),
  ];
  fields.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  return (row) => {
    let text = '{';
    for (const [at, field] of fields.entries()) text += at === 0 ? field.write(row) : `,${field.write(row)}`;
    return `${text}}`;
  };
}

function fixed(tag: string, vr: string, value: string): Field {
  const text = `"${tag}":{"vr":"${vr}","Value":["${value}"]}`;
  return { tag, write: () => text };
}

/** Where what was found is retrieved, below the address of the service. */
function resourceOf(row: FoundRow, level: Level): string {
  const uids = [
    `/studies/${String(row['study_study_instance_uid'])}`,
    `/series/${String(row['series_series_instance_uid'])}`,
    `/instances/${String(row['instance_sop_instance_uid'])}`,
  ];
  return uids.slice(0, levelsDownTo(level).length - 1).join('');
}

function attributeField(attribute: IndexedAttribute): Field {
  const tag = hexTag(attribute.tag);
  const column = resultColumn(attribute);
  const value = valueWriter(attribute);
  const empty = `"${tag}":{"vr":"${attribute.vr}"}`;
  const start = `${empty.slice(0, -1)},"Value":[`;
  // What is put together from series always has values (PS3.18 F.2.5), if empty ones: on a study without, OHIF shows no list at all.
  const none = attribute.matching === 'modalities' ? `${start}null]}` : empty;
  return {
    tag,
    write(row) {
      const written = value(row[column]);
      return written === undefined ? none : `${start}${written}]}`;
    },
  };
}

/** What stands between the brackets; undefined when there is no value. */
function valueWriter({ vr }: IndexedAttribute): (value: unknown) => string | undefined {
  return (value) => {
    if (value === null || value === undefined || value === '') return undefined;
    if (typeof value === 'number') return String(value);
    if (Array.isArray(value)) return value.length ? value.map((each) => JSON.stringify(each)).join() : undefined;
    const text = String(value);
    if (vr === 'PN') {
      const name = parsePersonName(text);
      return Object.keys(name).length ? JSON.stringify(name) : undefined;
    }
    if (!text.includes('\\')) return JSON.stringify(text);
    return text
      .split('\\')
      .map((each) => (each === '' ? 'null' : JSON.stringify(each)))
      .join();
  };
}

/** Sequences, with those of their items that match (PS3.4 C.2.2.2.6). */
function sequenceFields(returned: readonly IndexedAttribute[]): Field[] {
  const bySequence = Map.groupBy(
    returned.filter(({ within }) => within !== undefined),
    ({ within }) => within as number,
  );
  return [...bySequence].map(([sequence, attributes]) => {
    const tag = hexTag(sequence);
    const fields = attributes.toSorted((a, b) => a.tag - b.tag).map(attributeField);
    return {
      tag,
      write(row) {
        const items = itemsOf(row, sequence).map((item) => `{${fields.map((field) => field.write(item)).join()}}`);
        return items.length > 0 ? `"${tag}":{"vr":"SQ","Value":[${items.join()}]}` : `"${tag}":{"vr":"SQ"}`;
      },
    };
  });
}
