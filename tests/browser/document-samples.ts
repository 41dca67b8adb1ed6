/** What documents and reports in browser tests are made of: an image of a study, and what an instance says beside its pixels. */
import { ctSeries } from '#samples/ct.ts';
import type { Sample } from '#samples/study.ts';

const [first] = [...ctSeries({ seed: 'documents', number: 1, slices: 1 })];
export const slice = first!.attributes;
export const study = String(slice['StudyInstanceUID']);

export const encapsulatedAs = (number: number, sopClass: string, Modality: string, document: string) => ({
  ...withoutPixels(slice),
  SOPClassUID: `1.2.840.10008.5.1.4.1.1.${sopClass}`,
  StudyInstanceUID: `2.25.${number}`,
  SeriesInstanceUID: `2.25.${number}.1`,
  SOPInstanceUID: `2.25.${number}.1.1`,
  Modality,
  MIMETypeOfEncapsulatedDocument: 'text/XML',
  EncapsulatedDocument: Buffer.from(document.padEnd(document.length + (Buffer.byteLength(document) % 2), '\0')),
});

export function withoutPixels({ PixelData, Rows, Columns, ...attributes }: Sample['attributes']): Sample['attributes'] {
  void [PixelData, Rows, Columns];
  return attributes;
}
