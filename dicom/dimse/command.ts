/**
 * Command sets (PS3.7 Section 6.3 and Annex E): always Implicit VR Little Endian, always group 0000.
 */

/** Command fields (Table E.1-1). A response is its request with bit 15 set. */
export const commandFields = {
  'C-STORE-RQ': 0x0001,
  'C-GET-RQ': 0x0010,
  'C-FIND-RQ': 0x0020,
  'C-MOVE-RQ': 0x0021,
  'C-ECHO-RQ': 0x0030,
  'N-EVENT-REPORT-RQ': 0x0100,
  'N-GET-RQ': 0x0110,
  'N-SET-RQ': 0x0120,
  'N-ACTION-RQ': 0x0130,
  'N-CREATE-RQ': 0x0140,
  'N-DELETE-RQ': 0x0150,
  'C-CANCEL-RQ': 0x0fff,
} as const;
export type RequestName = keyof typeof commandFields;
export const responseBit = 0x8000;

/** Command Data Set Type (0000,0800): this value says that no data set follows, every other that one does. */
export const noDataset = 0x0101;
export const withDataset = 0x0001;

/** The elements of group 0000 that have a meaning today (Table E.1-1), by keyword. */
export interface Command {
  readonly AffectedSOPClassUID?: string;
  readonly RequestedSOPClassUID?: string;
  readonly CommandField: number;
  readonly MessageID?: number;
  readonly MessageIDBeingRespondedTo?: number;
  readonly MoveDestination?: string;
  readonly Priority?: number;
  readonly CommandDataSetType: number;
  readonly Status?: number;
  /** Tags, as numbers. */
  readonly OffendingElement?: readonly number[];
  readonly ErrorComment?: string;
  readonly ErrorID?: number;
  readonly AffectedSOPInstanceUID?: string;
  readonly RequestedSOPInstanceUID?: string;
  readonly EventTypeID?: number;
  readonly AttributeIdentifierList?: readonly number[];
  readonly ActionTypeID?: number;
  readonly NumberOfRemainingSuboperations?: number;
  readonly NumberOfCompletedSuboperations?: number;
  readonly NumberOfFailedSuboperations?: number;
  readonly NumberOfWarningSuboperations?: number;
  readonly MoveOriginatorApplicationEntityTitle?: string;
  readonly MoveOriginatorMessageID?: number;
}

type Value = number | string | readonly number[];
type VR = 'UI' | 'US' | 'AE' | 'LO' | 'AT';

/** By element number, ascending: the order in which they are written. */
const elements: readonly (readonly [number, keyof Command, VR])[] = [
  [0x0002, 'AffectedSOPClassUID', 'UI'],
  [0x0003, 'RequestedSOPClassUID', 'UI'],
  [0x0100, 'CommandField', 'US'],
  [0x0110, 'MessageID', 'US'],
  [0x0120, 'MessageIDBeingRespondedTo', 'US'],
  [0x0600, 'MoveDestination', 'AE'],
  [0x0700, 'Priority', 'US'],
  [0x0800, 'CommandDataSetType', 'US'],
  [0x0900, 'Status', 'US'],
  [0x0901, 'OffendingElement', 'AT'],
  [0x0902, 'ErrorComment', 'LO'],
  [0x0903, 'ErrorID', 'US'],
  [0x1000, 'AffectedSOPInstanceUID', 'UI'],
  [0x1001, 'RequestedSOPInstanceUID', 'UI'],
  [0x1002, 'EventTypeID', 'US'],
  [0x1005, 'AttributeIdentifierList', 'AT'],
  [0x1008, 'ActionTypeID', 'US'],
  [0x1020, 'NumberOfRemainingSuboperations', 'US'],
  [0x1021, 'NumberOfCompletedSuboperations', 'US'],
  [0x1022, 'NumberOfFailedSuboperations', 'US'],
  [0x1023, 'NumberOfWarningSuboperations', 'US'],
  [0x1030, 'MoveOriginatorApplicationEntityTitle', 'AE'],
  [0x1031, 'MoveOriginatorMessageID', 'US'],
];
const byElement = new Map(elements.map(([element, keyword, vr]) => [element, { keyword, vr }]));

/** Bytes that are no command set. There is no answer to one: who sent it cannot be told what it belongs to. */
export class BadCommand extends Error {
  override name = 'BadCommand';
}

/**
 * Unknown and retired elements of group 0000 are ignored, the group length too.
 * @throws BadCommand for other groups, lengths beyond the end, values of a wrong length, or without a Command Field
 */
export function decodeCommand(bytes: Buffer): Command {
  const values: Partial<Record<keyof Command, Value>> = {};
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw new BadCommand(`byte ${at}: an element ends early`);
    if (bytes.readUInt16LE(at) !== 0) throw new BadCommand(`byte ${at}: an element outside group 0000`);
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    at = start + length;
    if (at > bytes.length) throw new BadCommand(`(0000,${hex(element)}), byte ${start}: ${length} bytes announced`);
    const known = byElement.get(element);
    if (known && length > 0) values[known.keyword] = decodeValue(known.vr, bytes, start, length, element);
  }
  if (values.CommandField === undefined) throw new BadCommand('no Command Field (0000,0100)');
  if (values.CommandDataSetType === undefined) throw new BadCommand('no Command Data Set Type (0000,0800)');
  return values as unknown as Command;
}

function decodeValue(vr: VR, bytes: Buffer, start: number, length: number, element: number): Value {
  switch (vr) {
    case 'US':
      if (length !== 2) throw new BadCommand(`(0000,${hex(element)}), byte ${start}: US of ${length} bytes`);
      return bytes.readUInt16LE(start);
    case 'AT': {
      if (length % 4 !== 0) throw new BadCommand(`(0000,${hex(element)}), byte ${start}: AT of ${length} bytes`);
      const tags: number[] = [];
      for (let at = start; at < start + length; at += 4)
        tags.push(bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2));
      return tags;
    }
    default: {
      let end = start + length;
      while (end > start && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
      const text = bytes.toString('latin1', start, end);
      // Of a title leading blanks too mean nothing (PS3.5 Table 6.2-1).
      return vr === 'AE' ? text.trimStart() : text;
    }
  }
}

/** The whole command set, its group length (0000,0000) first. */
export function encodeCommand(command: Command): Buffer {
  const written: [element: number, vr: VR, value: Value, length: number][] = [];
  let total = 12;
  for (const [element, keyword, vr] of elements) {
    const value = command[keyword];
    if (value === undefined) continue;
    const length = lengthOf(vr, value);
    written.push([element, vr, value, length]);
    total += 8 + length;
  }
  const out = Buffer.alloc(total);
  out.writeUInt32LE(4, 4);
  out.writeUInt32LE(total - 12, 8);
  let at = 12;
  for (const [element, vr, value, length] of written) {
    out.writeUInt16LE(element, at + 2);
    out.writeUInt32LE(length, at + 4);
    encodeValue(out, at + 8, vr, value, length);
    at += 8 + length;
  }
  return out;
}

/** Even, as every value is. */
function lengthOf(vr: VR, value: Value): number {
  if (vr === 'US') return 2;
  if (vr === 'AT') return 4 * (value as readonly number[]).length;
  const { length } = value as string;
  return length + (length % 2);
}

function encodeValue(out: Buffer, at: number, vr: VR, value: Value, length: number): void {
  if (typeof value === 'number') out.writeUInt16LE(value, at);
  else if (typeof value === 'string') {
    out.write(value, at, 'latin1');
    if (value.length < length) out[at + value.length] = vr === 'UI' ? 0 : 0x20;
  } else
    value.forEach((tag, index) => {
      out.writeUInt16LE(Math.floor(tag / 0x10000), at + 4 * index);
      out.writeUInt16LE(tag & 0xffff, at + 4 * index + 2);
    });
}

function hex(element: number): string {
  return element.toString(16).toUpperCase().padStart(4, '0');
}
