/**
 * One instance as `index.write_instances` takes it: the columns of study, series and instance by name, text cleaned and
 * capped. Cleaning concerns the index only; the object keeps every byte.
 */
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { limits } from '#settings/limits.ts';
import { attributesWithin, indexedAttributes, indexedSequences, retiredOtherPatientIDs } from './attributes.ts';
import type { IndexedAttribute } from './attributes.ts';
import type { ReadInstance } from './instance-reader.ts';
import type { RejectionNote } from './rejection-note.ts';
import { storableText } from './storable.ts';

/** Where the object lies and how it came; `digest` is SHA-256 of the data set in hexadecimal. */
export interface StoredAs {
  readonly received_at: string;
  readonly store: number;
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly digest: string;
  readonly transfer_syntax: string;
  readonly door: string;
  readonly calling_ae_title: string;
  readonly address: string;
  /** Issuer of Patient IDs that state none, by the device's registry entry. */
  readonly defaultIssuer: string;
  /** Other bytes under a known SOP Instance UID become current, by the device's policy. */
  readonly replaces: boolean;
  /** How a version's pixels compare with those of the current one; null when nobody has looked. */
  readonly pixels: 'same' | 'differ' | null;
}

type Column = string | number | boolean | null;
/** A row of a sequence's table. */
type ItemRecord = Readonly<Record<string, Column>>;

export type InstanceRecord = Readonly<Record<string, Column | readonly ItemRecord[] | RejectionNote>> & {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly key: string;
};

/** An entry of a B-tree may have 2,704 bytes, and two such columns stand in one index. */
const textBytes = 1_200;
const largest: Record<string, number> = { samples_per_pixel: 0x7fff, bits_allocated: 0x7fff };
const largestInteger = 0x7fffffff;

const received = indexedAttributes.filter((attribute) => attribute.received && attribute.within === undefined);
const sequences = indexedSequences.map(({ tag, table }) => ({ tag, table, attributes: attributesWithin(tag) }));
const issuer = tagOf('IssuerOfPatientID');

/** As PostgreSQL takes it, and short enough for an index. */
function cleanText(text: string): string {
  const clean = storableText(text);
  // A UTF-16 unit has at most three bytes in UTF-8.
  if (clean.length * 3 <= textBytes) return clean;
  const bytes = Buffer.from(clean, 'utf8');
  if (bytes.length <= textBytes) return clean;
  let end = textBytes;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function wholeNumber(text: string, limit: number): number | null {
  const value = Number.parseInt(text.split('\\')[0] ?? '', 10);
  return Number.isSafeInteger(value) && Math.abs(value) <= limit ? value : null;
}

/** Instances of one patient come one behind the other: what was folded last is most often folded next. */
function rememberingLast(fold: (text: string) => string): (text: string) => string {
  let last = '';
  let folded = fold(last);
  return (text) => {
    if (text !== last) [last, folded] = [text, fold(text)];
    return folded;
  };
}

const foldPatientName = rememberingLast((text) => cleanText(foldPersonName(text)));
// Of the folded name as it is kept, so that they end with a blank in any case.
const patientNameWords = rememberingLast((text) => nameWords(foldPatientName(text)));
const foldReferringPhysician = rememberingLast((text) => cleanText(foldPersonName(text)));

function columnValue({ tag, column, matching }: IndexedAttribute, values: ReadonlyMap<number, string>): Column {
  const text = values.get(tag) ?? '';
  return matching === 'number' ? wholeNumber(text, largest[column] ?? largestInteger) : cleanText(text);
}

/** With the values of Other Patient IDs (0010,1000) that no item has. */
function withRetired(items: readonly ItemRecord[], values: string): readonly ItemRecord[] {
  const numbers = values.split('\\').map((value) => cleanText(value.trim()));
  const known = new Set(['', ...items.map((item) => item['other_patient_id'])]);
  const more = [...new Set(numbers)].filter((number) => !known.has(number));
  const added = more.map((number) => ({ other_patient_id: number, issuer_of_other_patient_id: '' }));
  return [...items, ...added].slice(0, limits.dataset.indexedItems);
}

export function instanceRecord(read: ReadInstance, stored: StoredAs): InstanceRecord {
  const { defaultIssuer, ...place } = stored;
  const record: Record<string, Column | readonly ItemRecord[] | RejectionNote> = { ...place };
  for (const attribute of received) record[attribute.column] = columnValue(attribute, read.values);
  for (const { tag, table, attributes } of sequences)
    record[table] = (read.items.get(tag) ?? []).map((item) =>
      Object.fromEntries(attributes.map((attribute) => [attribute.column, columnValue(attribute, item)])),
    );
  const retired = read.values.get(retiredOtherPatientIDs);
  if (retired) record['other_patient_ids'] = withRetired(record['other_patient_ids'] as ItemRecord[], retired);
  if (record['patient_id'] !== '' && !read.values.get(issuer))
    record['issuer_of_patient_id'] = cleanText(defaultIssuer);
  record['patient_name_folded'] = foldPatientName(String(record['patient_name']));
  record['patient_name_words'] = patientNameWords(String(record['patient_name']));
  record['referring_physician_folded'] = foldReferringPhysician(String(record['referring_physician_name']));
  record['pixel_offset'] = read.pixels?.offset ?? null;
  record['pixel_length'] = read.pixels?.length ?? null;
  record['text_mislabelled'] = read.isMislabelled;
  record['frames'] = read.frames?.toString('base64') ?? null;
  if (read.rejection) record['rejection'] = read.rejection;
  return record as InstanceRecord;
}
