/** Keywords and value representations of the standard's attributes (PS3.6), over the generated table. */
import { dictionaryTable } from './dictionary-table.ts';

interface Entry {
  readonly vr: string;
  readonly keyword: string;
}

const byTag = new Map<number, Entry>();
const byKeyword = new Map<string, number>();
for (const line of dictionaryTable.split('\n')) {
  if (line === '') continue;
  const [hex = '', vr = '', keyword = ''] = line.split(' ');
  const tag = Number.parseInt(hex, 16);
  byTag.set(tag, { vr, keyword });
  if (!byKeyword.has(keyword)) byKeyword.set(keyword, tag);
}

/** VRs that depend on another attribute, as an element of Implicit VR is read without it (PS3.5 Annex A.1). */
const whenImplied: Record<string, string> = { ox: 'OW', xs: 'US', lt: 'OW', up: 'UL' };

/** Repeating groups: overlays (60xx) and curves (50xx) are listed once, as the first group. */
function listed(tag: number): Entry | undefined {
  const group = Math.floor(tag / 0x10000);
  const first = group & 0xff00;
  if ((first === 0x6000 || first === 0x5000) && group % 2 === 0) return byTag.get(first * 0x10000 + (tag & 0xffff));
  return byTag.get(tag);
}

/** The value representation of an element that does not state its own (PS3.5 6.2.2 for private ones). */
export function impliedVR(tag: number): string {
  const group = Math.floor(tag / 0x10000);
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  // Curve Data (50xx,3000) is the one of them that is OB (PS3.5 2004, A.1).
  if ((group & 0xff00) === 0x5000 && element === 0x3000) return 'OB';
  if (group % 2 === 1) return element >= 0x10 && element <= 0xff ? 'LO' : 'UN';
  const vr = listed(tag)?.vr ?? 'UN';
  return whenImplied[vr] ?? vr;
}

/** True for attributes that are US or SS by Pixel Representation (0028,0103). */
export function isUnsignedOrSigned(tag: number): boolean {
  return listed(tag)?.vr === 'xs';
}

/** The attribute's keyword, or undefined for private and unknown ones. */
export function keywordOf(tag: number): string | undefined {
  return listed(tag)?.keyword;
}

/** The tag of a keyword that somebody wrote, or undefined. */
export function findTag(keyword: string): number | undefined {
  return byKeyword.get(keyword);
}

/** The tag of a keyword that stands in our own source. @throws TypeError where it is misspelt */
export function tagOf(keyword: string): number {
  const tag = findTag(keyword);
  if (tag === undefined) throw new TypeError(`${keyword} is not in the dictionary`);
  return tag;
}

/** A tag as the eight hexadecimal digits of DICOM JSON (PS3.18 F.2.2). */
export function hexTag(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

/** A tag as the standard prints it: (0028,0010). */
export function printedTag(tag: number): string {
  const hex = hexTag(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
