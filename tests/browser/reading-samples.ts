/** What the tests of the reading room show: phantoms whose truth is computed, some of them changed into what devices make of images. */
import { crSeries } from '#samples/cr.ts';
import { ctSeries } from '#samples/ct.ts';
import type { Sample } from '#samples/study.ts';

export const size = 512;
export const spacingMm = 0.75;
export const ct = [...ctSeries({ seed: 'reading room', number: 1, slices: 6 })];
export const [cr] = [...crSeries({ seed: 'reading room', number: 2 })];
Object.assign(cr!.attributes, { ImageLaterality: 'R' });
/** A study as a scanner sends it: the localizer comes first. */
export const planned = changed(ct[0]!, '3', { ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'], SeriesNumber: 1 });
export const slices = [1, 2].map((at) =>
  changed(ct[at]!, '3', { SeriesInstanceUID: '2.25.73.2', SOPInstanceUID: `2.25.73.2.${at}`, SeriesNumber: 2 }),
);

/** Ultrasound as a device sends it: grey, in colour, and smaller, in one series, without places. */
export const mixed = [ct[0]!, ct[1]!, ct[2]!].map(({ name, attributes }, at): Sample => {
  const { ImageOrientationPatient: _o, ImagePositionPatient: _p, ...placeless } = attributes;
  const { attributes: others } = changed({ name, attributes: placeless }, '4', {
    SOPInstanceUID: `2.25.74.1.${at}`,
    Modality: 'US',
  });
  return { name, attributes: { ...others, InstanceNumber: at + 1 } };
});
export const red = [200, 40, 10];
Object.assign(mixed[0]!.attributes, { VOILUTFunction: 'LINEAR_EXACT', WindowCenter: 40, WindowWidth: 300 });
Object.assign(mixed[1]!.attributes, {
  SamplesPerPixel: 3,
  PhotometricInterpretation: 'RGB',
  PlanarConfiguration: 0,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
  PixelData: Uint8Array.from({ length: size * size * 3 }, (_, at) => red[at % 3]!),
});
/** A quarter of the size, one value all over but for one pixel, and no window. */
const small = size / 2;
Object.assign(mixed[2]!.attributes, {
  Rows: small,
  Columns: small,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
  RescaleIntercept: 0,
  PixelData: Uint8Array.from({ length: small * small }, (_, at) => (at === 0 ? 0 : 60)),
});
for (const attribute of ['WindowCenter', 'WindowWidth', 'WindowCenterWidthExplanation'])
  delete (mixed[2]!.attributes as Record<string, unknown>)[attribute];

/** The truth: what was written into the phantom. */
export function hounsfield(column: number, row: number): number {
  const { PixelData, RescaleIntercept } = ct[0]!.attributes;
  const bytes = PixelData as Uint8Array;
  const at = 2 * (row * size + column);
  return bytes[at]! + 256 * bytes[at + 1]! + Number(RescaleIntercept);
}

/** The same pixels as another study, with other attributes. */
export function changed({ name, attributes }: Sample, number: string, more: Sample['attributes']): Sample {
  const uids = {
    StudyInstanceUID: `2.25.7${number}`,
    SeriesInstanceUID: `2.25.7${number}.1`,
    SOPInstanceUID: `2.25.7${number}.1.1`,
  };
  return { name, attributes: { ...attributes, ...uids, ...more } };
}
