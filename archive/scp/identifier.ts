/** The identifier of a C-FIND request (PS3.4 C.4.1.1.3.1) as a query: its level, what is matched, what is asked back. */
import { keyNumbers } from '#dicom/data/attribute-matching.ts';
import { textValue, textValues } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { keywordOf } from '#dicom/data/dictionary.ts';
import { attributeAt, attributesWithin } from '#index/attributes.ts';
import type { IndexedAttribute } from '#index/attributes.ts';
import { isEmptyKey, isMatched } from '#index/matching.ts';
import { isOf, levelsDownTo } from '#index/query.ts';
import type { Match } from '#index/query.ts';
import type { FindBehaviour } from './extended-negotiation.ts';
import type { InformationModel, QueryLevel } from './information-model.ts';

/** An identifier that is not one of its SOP class: status A900H. */
export class BadIdentifier extends Error {
  override name = 'BadIdentifier';
  readonly offendingElement: number;

  constructor(offendingElement: number, message: string) {
    super(message);
    this.offendingElement = offendingElement;
  }
}

/** One element of every answer: from a column, from columns within a sequence, or, where there is neither, empty. */
export interface ReturnKey {
  readonly tag: number;
  readonly vr: string;
  readonly attribute: IndexedAttribute | undefined;
  /** Of a sequence: the keys of its items. */
  readonly items: readonly ReturnKey[] | undefined;
}

export interface Identifier {
  readonly queryLevel: QueryLevel;
  readonly matches: readonly Match[];
  /** Keys that ask for what has no value, where that was negotiated. */
  readonly empty: readonly IndexedAttribute[];
  readonly returned: readonly ReturnKey[];
  /** A key that is not supported makes every answer FF01H. */
  readonly areAllSupported: boolean;
  /** Timezone Offset From UTC (0008,0201) of its dates and times, where that was negotiated and is given. */
  readonly timezone: string | undefined;
}

const queryRetrieveLevel = 0x00080052;
const timezoneOffset = 0x00080201;
/** Specific Character Set, and what every answer says of itself: they are no keys. */
const noKeys: ReadonlySet<number> = new Set([0x00080005, queryRetrieveLevel, 0x00080054, 0x00080056]);

/** @throws BadIdentifier */
export function readIdentifier(
  dataset: Dataset,
  model: InformationModel,
  { relational, timezone: isAdjusted, emptyValues }: Pick<FindBehaviour, 'relational' | 'timezone' | 'emptyValues'>,
): Identifier {
  const queryLevel = levelOf(dataset, model);
  if (!relational) requireUniqueKeys(dataset, model, queryLevel);
  const timezone = isAdjusted ? timezoneOf(dataset) : undefined;
  const depth = levelsDownTo(queryLevel.level);
  const matches: Match[] = [];
  const empty: IndexedAttribute[] = [];
  let areAllSupported = true;

  const keysOf = (of: Dataset, within?: number): ReturnKey[] =>
    [...of.elements.values()]
      .filter(({ tag }) => (tag & 0xffff) !== 0 && !(within === undefined && noKeys.has(tag)))
      .map((element) => keyOf(of, element, within));

  function keyOf(of: Dataset, element: Element, within: number | undefined): ReturnKey {
    const { tag, vr } = element;
    if (element.items && within === undefined) return sequenceKey(element, element.items);
    const known = attributeAt(within === undefined ? [tag] : [within, tag]);
    const attribute = known && isOf(known, queryLevel.level) ? known : undefined;
    const value = keyValue(of, element, attribute?.vr ?? vr);
    const isForEmpty = emptyValues && isEmptyKey(value);
    if (tag === timezoneOffset && timezone !== undefined) return { tag, vr: 'SH', attribute: known, items: undefined };
    // A key of a lower level is matched by what lies there, which is too many values to give back.
    const isBelow = known && !depth.includes(known.level);
    if (relational && isBelow && value !== '' && !isForEmpty && isMatched(known) && isOfModel(known, model))
      matches.push({ attribute: known, value: keyValue(of, element, known.vr) });
    if (!attribute || (value !== '' && !isMatched(attribute))) areAllSupported = false;
    else if (isForEmpty) empty.push(attribute);
    else if (value !== '') matches.push({ attribute, value });
    return { tag, vr: attribute?.vr ?? (element.items ? 'SQ' : vr), attribute, items: undefined };
  }

  /** Without a key in it, every item matches, and all is given back that the index has of it (C.2.2.2.6). */
  function sequenceKey({ tag }: Element, [item]: readonly Dataset[]): ReturnKey {
    const keys = item ? keysOf(item, tag) : [];
    if (keys.length > 0) return { tag, vr: 'SQ', attribute: undefined, items: keys };
    const attributes = attributesWithin(tag).filter(({ level }) => depth.includes(level));
    if (attributes.length === 0) areAllSupported = false;
    const items = attributes.map((attribute) => ({
      tag: attribute.tag,
      vr: attribute.vr,
      attribute,
      items: undefined,
    }));
    return { tag, vr: 'SQ', attribute: undefined, items };
  }

  const returned = keysOf(dataset);
  return { queryLevel, matches, empty, returned, areAllSupported, timezone };
}

function isOfModel({ level }: IndexedAttribute, { levels }: InformationModel): boolean {
  return levels.some((each) => each.level === level);
}

/** PS3.3 C.12.1.1.1: from -1200 to +1400. */
function timezoneOf(dataset: Dataset): string | undefined {
  const offset = textValue(dataset, timezoneOffset);
  if (offset === '') return undefined;
  if (!/^(\+(0\d|1[0-4])|-(0\d|1[0-2]))[0-5]\d$/.test(offset))
    throw new BadIdentifier(timezoneOffset, 'Timezone Offset From UTC is as +0700');
  return offset;
}

function levelOf(dataset: Dataset, { levels, name: model }: InformationModel): QueryLevel {
  const name = textValue(dataset, queryRetrieveLevel);
  if (name === '') throw new BadIdentifier(queryRetrieveLevel, 'no Query/Retrieve Level (0008,0052)');
  const found = levels.find((level) => level.name === name);
  if (!found) throw new BadIdentifier(queryRetrieveLevel, `${model} has no such Query/Retrieve Level`);
  return found;
}

/**
 * Baseline behaviour: of each level above, the identifier names one (C.4.1.2.1). Patient ID may be empty where a study is
 * named: there are patients without one, and what their studies hold has to be found too.
 */
function requireUniqueKeys(dataset: Dataset, { levels }: InformationModel, queryLevel: QueryLevel): void {
  const above = levels.slice(0, levels.indexOf(queryLevel));
  for (const { uniqueKey, level } of above) {
    const values = textValues(dataset, uniqueKey);
    if (level === 'patient' && above.length > 1 && values.every((value) => value === '')) continue;
    if (values.length !== 1 || values[0] === '' || /[*?]/.test(values[0] as string))
      throw new BadIdentifier(uniqueKey, `level ${queryLevel.name} needs one ${keywordOf(uniqueKey)}`);
  }
}

/** A key as text, its values joined by backslashes. @param vr by the standard, whatever the requestor wrote */
function keyValue(dataset: Dataset, { tag, bytes, length }: Element, vr: string): string {
  if (bytes === undefined && length !== 0) throw new BadIdentifier(tag, 'a value is too long');
  const own: Dataset = { ...dataset, elements: new Map([[tag, { tag, vr, bytes, items: undefined, length }]]) };
  return (vr === 'US' ? keyNumbers(own, tag) : textValues(own, tag)).join('\\');
}
