/**
 * Kinds of pixels and of lookup tables that are rare look on the screen, drawn by the processor or by a graphics card, as in the archive's
 * own picture.
 */
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

import { uid } from '#dicom/data/uid.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { oneFrameFile } from '../one-frame-file.ts';
import { plainImage } from '../plain-image.ts';
import { bareSlice } from './bare-slice.ts';
import { hasChromium, pretendGraphicsCard } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { openSeries, shownColours, sizeViewport } from './viewer-pages.ts';

const side = 512;
const study = '2.25.79';
const common = bareSlice('rare');

/** From left to right, and a step down the middle. */
const slope = (at: number) => 4 * (at % side) + (Math.floor(at / side) > 256 ? 2000 : 0);
const words = (count: number, value: (at: number) => number) =>
  new Uint8Array(Uint16Array.from({ length: count }, (_, at) => value(at)).buffer);

/** Samples side by side, the first in the lowest bits (PS3.5 8.1.1). */
function packed(count: number, bits: number, value: (at: number) => number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((count * bits) / 8));
  for (let at = 0; at < count * bits; at += 1) {
    if ((value(Math.floor(at / bits)) >> (at % bits)) & 1) bytes[at >> 3]! |= 1 << (at & 7);
  }
  return bytes;
}

const twelveBits = { BitsStored: 12, HighBit: 11, PixelRepresentation: 0 };
const window = { WindowCenter: 2000, WindowWidth: 4000 };
const tableOf = (count: number, entry: (at: number) => number) => [
  { LUTDescriptor: [count, 0, 12], LUTExplanation: '', ModalityLUTType: 'US', LUTData: words(count, entry) },
];
const presentationTable = [{ LUTDescriptor: [4096, 0, 12], LUTData: words(4096, (at) => 4095 - (at * at) / 4096) }];

const images: { name: string; attributes: Attributes }[] = [
  {
    name: 'samples of 12 bits side by side',
    attributes: { ...twelveBits, ...window, BitsAllocated: 12, PixelData: packed(side * side, 12, slope) },
  },
  {
    name: 'a presentation LUT',
    attributes: {
      ...twelveBits,
      ...window,
      PresentationLUTSequence: presentationTable,
      PixelData: words(side * side, slope),
    },
  },
  {
    name: 'colour of single bits by plane',
    attributes: {
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 1,
      BitsAllocated: 1,
      BitsStored: 1,
      HighBit: 0,
      PixelRepresentation: 0,
      PixelData: packed(3 * side * side, 1, (at) => ((at % side) >> (5 + Math.floor(at / side / side))) & 1),
    },
  },
  {
    name: 'a range of padding under a Modality LUT',
    attributes: {
      ...twelveBits,
      PixelPaddingValue: 40,
      PixelPaddingRangeLimit: 400,
      ModalityLUTSequence: tableOf(4096, (at) => Math.abs(at - 200)),
      PixelData: words(side * side, slope),
    },
  },
];

const jpegLS = '1.2.840.10008.1.2.4.80';

function fileOf(attributes: Attributes, number: number): Buffer {
  const [SeriesInstanceUID, SOPInstanceUID] = [`${study}.${number}`, `${study}.${number}.1`];
  return dicomFile({ ...common, ...attributes, StudyInstanceUID: study, SeriesInstanceUID, SOPInstanceUID });
}

/** Of 12 bits allocated, too; what decodes it gives samples of 16. */
async function compressedFile(number: number): Promise<Buffer> {
  const image = plainImage({ rows: side, columns: side }, { bitsStored: 12 });
  const samples = Buffer.from(words(side * side, slope));
  const { bytes } = await transferSyntaxes.get(uid(jpegLS))!.encodeFrame!({ ...image, bytes: samples });
  const [series, instance] = [`${study}.${number}`, `${study}.${number}.1`];
  return oneFrameFile({ ...image, bitsAllocated: 12 }, jpegLS, bytes, { study, series, instance });
}

describe.skipIf(!hasChromium)('rare pixels', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { viewport: { width: 1000, height: 700 } } });

  beforeAll(async () => {
    const files = images.map(({ attributes }, number) => fileOf(attributes, number));
    expect(await viewer.store(...files, await compressedFile(images.length))).toBe(true);
  });

  const names = [...images.map(({ name }) => name), 'samples of 12 bits, compressed,'];
  const cases = names.flatMap((name, number) =>
    ['processor', 'graphics card'].map((drawnBy) => ({ name, number, drawnBy })),
  );
  test.each(cases)('with $name look as in the picture of the archive, drawn by the $drawnBy', async (one) => {
    const { page } = viewer;
    if (one.drawnBy === 'graphics card') await pretendGraphicsCard(page);
    const series = `${study}.${one.number}`;
    const path = `/dicom-web/studies/${study}/series/${series}/instances/${series}.1/rendered`;
    await openSeries(page, viewer.lightbox.address, study, series);
    await sizeViewport(page, side, side);
    const answer = await page.request.get(viewer.address(path), { headers: { accept: 'image/png' } });
    const expected = await sharp(await answer.body())
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    expect(new Set(expected).size).toBeGreaterThan(1);
    const furthest = async () => {
      const shown = await shownColours(page);
      return shown.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
    };
    await expect.poll(furthest).toBeLessThanOrEqual(1);
  });
});
