/** Data sets for properties: what fast-check makes up, and what of a data set has to come back when it was written. */
import fc from 'fast-check';
import { binarySizes, turned } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { hexTag, impliedVR } from '#dicom/data/dictionary.ts';

const unitSizes: Readonly<Record<string, number>> = { ...binarySizes, AT: 4, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };
const bytesOf = (vr: string): fc.Arbitrary<Buffer> => {
  const size = unitSizes[vr];
  if (size !== undefined)
    return fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b.subarray(0, b.length - (b.length % size))));
  if (vr === 'OB' || vr === 'UN') return fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  return fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => Buffer.from(text, 'utf8'));
};

/** Attributes of the standard, of every VR but UN. */
const standard = `
  00041600 00080008 00080020 00080030 0008002A 00080054 00080080 00080119 00080120 00080201 00081115 00081155 00100010
  00101010 00101030 00104000 00186020 00189073 00189219 00189461 00200013 00280009 00280010 00281201 00289501 00400280
  0040A043 0040A160 00420011 00660016 00660022 00660040 00720081 00720082 00720083`
  .trim()
  .split(/\s+/)
  .map((hex) => [Number.parseInt(hex, 16), impliedVR(Number.parseInt(hex, 16))] as const);

const privateVRs =
  'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV';

/**
 * Data sets with sequences up to `depth` deep.
 * @param privates  with private attributes of every VR, which only Explicit VR tells
 */
export function datasets(privates: boolean, bigEndian: boolean, depth = 3): fc.Arbitrary<Dataset> {
  const own = privates ? privateVRs.split(' ').map((vr, index) => [0x00991001 + index, vr] as const) : [];
  const element = fc.constantFrom(...standard, ...own).chain(([tag, vr]): fc.Arbitrary<Element> => {
    if (vr !== 'SQ') return bytesOf(vr).map((bytes) => ({ tag, vr, bytes, items: undefined, length: bytes.length }));
    const items = depth === 0 ? fc.constant([]) : fc.array(datasets(privates, bigEndian, depth - 1), { maxLength: 3 });
    return items.map((all) => ({ tag, vr, bytes: undefined, items: all, length: -1 }));
  });
  return fc.array(element, { maxLength: 12 }).map((elements) => ({
    elements: new Map(elements.map((each) => [each.tag, each])),
    characterSet: ['ISO_IR 192'],
    bigEndian,
  }));
}

type Essence = Record<string, [vr: string, value: string | Essence[] | string[]]>;

/**
 * What has to come back: tags, VRs and values, in Little Endian and padded; neither group lengths nor how lengths were said.
 * @param withVRs  false where Implicit VR may have lost them
 */
export function essence(dataset: Dataset, withVRs = true): Essence {
  const out: Essence = {};
  for (const tag of [...dataset.elements.keys()].sort((a, b) => a - b)) {
    if ((tag & 0xffff) === 0) continue;
    const { vr, bytes, items, fragments, length } = dataset.elements.get(tag) as Element;
    const told = withVRs ? vr : '';
    if (items) out[hexTag(tag)] = [told, items.map((item) => essence(item, withVRs))];
    else if (fragments) out[hexTag(tag)] = [told, fragments.map((fragment) => even(fragment))];
    else if (bytes) out[hexTag(tag)] = [told, even(dataset.bigEndian ? turned(vr, bytes) : bytes)];
    else out[hexTag(tag)] = [told, `${length} bytes`];
  }
  return out;
}

/** The pad may be a blank or a zero. */
function even(bytes: Buffer): string {
  const text = bytes.toString('hex');
  return bytes.length % 2 ? `${text}pp` : text.replace(/(?:20|00)$/, 'pp');
}
