/**
 * Colour JPEG has the same colours in the viewer as in the archive's own picture of it, whatever the data set calls them: devices
 * write RGB over streams of YCbCr, and what no decoder here reads comes decoded by the archive.
 */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

import { oneFrameFile } from '../one-frame-file.ts';
import { plainImage } from '../plain-image.ts';
import { hasChromium } from './chromium.ts';
import { heldFrames, heldPicture, openFramePage } from './frame-page.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';

const [rows, columns] = [24, 32];
const baseline = '1.2.840.10008.1.2.4.50';
const extended = '1.2.840.10008.1.2.4.51';
const fullProgression = '1.2.840.10008.1.2.4.55';
const [study, series] = ['2.25.88', '2.25.88.1'];
const instanceOf = (number: number) => `${series}.${number + 1}`;

/** Red to blue from left to right. */
const gradient = Buffer.from(
  Array.from({ length: rows * columns }, (_, at) => {
    const right = Math.round((255 * (at % columns)) / (columns - 1));
    return [255 - right, 60, right];
  }).flat(),
);
/** By which a stream says that it is YCbCr, where its colours are not shared; sharp leaves it out. */
const jfif = Buffer.from('ffe000104a46494600010100000100010000', 'hex');

/** As YCbCr. */
async function jpeg(progressive: boolean, chromaSubsampling: string): Promise<Buffer> {
  const stream = await sharp(gradient, { raw: { width: columns, height: rows, channels: 3 } })
    .jpeg({ quality: 95, progressive, chromaSubsampling })
    .toBuffer();
  return Buffer.concat([stream.subarray(0, 2), jfif, stream.subarray(2)]);
}

/** How a data set calls the colours of which stream. */
const samples = [
  { syntax: baseline, named: 'RGB', stream: await jpeg(false, '4:4:4') },
  { syntax: baseline, named: 'RGB', stream: await jpeg(false, '4:2:0') },
  { syntax: baseline, named: 'YBR_FULL_422', stream: await jpeg(false, '4:2:0') },
  { syntax: extended, named: 'RGB', stream: await jpeg(false, '4:4:4') },
  { syntax: extended, named: 'YBR_FULL', stream: await jpeg(false, '4:4:4') },
  { syntax: fullProgression, named: 'RGB', stream: await jpeg(true, '4:4:4') },
  { syntax: fullProgression, named: 'YBR_FULL_422', stream: await jpeg(true, '4:2:0') },
] as const;

function fileOf({ syntax, named, stream }: (typeof samples)[number], number: number): Buffer {
  const image = { ...plainImage({ rows, columns }, { bitsStored: 8, samples: 3 }), photometricInterpretation: named };
  return oneFrameFile(image, syntax, stream, { study, series, instance: instanceOf(number) });
}

describe.skipIf(!hasChromium)('colour JPEG in the viewer', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    expect(await viewer.store(...samples.map(fileOf))).toBe(true);
    page = await openFramePage(viewer.browser.context, viewer.lightbox.address, join(viewer.directory, 'page'));
  });

  test('has the colours that were compressed, whatever its data set calls them', async () => {
    const cells = {
      bitsAllocated: 8,
      bitsStored: 8,
      isSigned: false,
      slope: 1,
      intercept: 0,
      table: undefined,
      isFloat: false,
    };
    const wanted = samples.map((_, number) => ({ SOPInstanceUID: instanceOf(number), cells }));
    await heldFrames(page, study, series, wanted);
    const wrong: string[] = [];
    for (const [number, { syntax, named }] of samples.entries()) {
      const held = await heldPicture(page, instanceOf(number));
      const furthest = held.reduce((most, value, at) => Math.max(most, Math.abs(value - gradient[at]!)), 0);
      // Shared colours are a neighbour's in part.
      if (held.length !== gradient.length || furthest > 24) wrong.push(`${named} under ${syntax}: by ${furthest}`);
    }
    expect(wrong).toEqual([]);
  });
});
