/** Images whose attributes contradict each other or mean nothing: each door shows them or says why not, and goes on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Attributes, dicomFile } from '#samples/write.ts';
import { explicit, us } from '#tests/dataset-bytes.ts';
import { picturePixels } from '#tests/picture-pixels.ts';
import { datasetOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';
import { picture, shownRamp } from '../test-pictures.ts';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

let stored = 0;

/** @param without  keywords of what is left out @returns the address of the instance */
async function keep(differs: Attributes, without: readonly string[] = [], overlay?: Buffer): Promise<string> {
  const study = `1.2.3.${++stored}`;
  const ids = { StudyInstanceUID: study, SeriesInstanceUID: `${study}.1`, SOPInstanceUID: `${study}.1.1` };
  const all = Object.entries({ ...picture, ...ids, ...differs }).filter(([keyword]) => !without.includes(keyword));
  const dataset = datasetOf(dicomFile(Object.fromEntries(all)));
  const pixels = dataset.lastIndexOf(Buffer.from('e07f1000', 'hex'));
  const whole = overlay ? Buffer.concat([dataset.subarray(0, pixels), overlay, dataset.subarray(pixels)]) : dataset;
  expect(await dicomweb.stow(whole)).toBe(200);
  return `/studies/${study}/series/${study}.1/instances/${study}.1.1`;
}

/** What `/rendered` shows. */
async function shown(address: string): Promise<readonly number[]> {
  const response = await dicomweb.get(`${address}/rendered`, 'image/png');
  expect(response.status).toBe(200);
  const thumbnail = await dicomweb.get(`${address}/thumbnail`, 'image/jpeg');
  expect(thumbnail.status).toBe(200);
  return (await picturePixels(Buffer.from(await response.arrayBuffer()))).bytes;
}

const noWindow = ['WindowCenter', 'WindowWidth'];
const fromLeastToMost = Array.from({ length: 32 }, (_, index) => Math.round((255 * index) / 31));
const lut = (entries: number, bits: number, bytes: Buffer): readonly Attributes[] => [
  { LUTDescriptor: [entries & 0xffff, 0, bits], LUTData: bytes },
];

test.each<readonly [string, Attributes, readonly string[]]>([
  ['a window of no width', { WindowWidth: '0' }, []],
  ['a window of a negative width', { WindowWidth: '-5' }, []],
  ['a window that is no number', { WindowWidth: 'NaN', WindowCenter: 'here' }, []],
  ['a window beyond all numbers', { WindowWidth: '1e400' }, []],
  ['an empty VOI LUT', { VOILUTSequence: lut(4, 16, Buffer.alloc(0)) }, noWindow],
  ['a slope that leaves nothing of the values', { RescaleSlope: '1e-320', RescaleIntercept: '0' }, noWindow],
])('%s is none: from the least to the greatest value', async (_what, differs, without) => {
  expect(await shown(await keep(differs, without))).toEqual(fromLeastToMost);
});

test.each<readonly [string, Attributes]>([
  ['More bits stored than a cell has', { BitsStored: 17, HighBit: 16 }],
  ['No bits stored', { BitsStored: 0, HighBit: 0 }],
  ['A high bit outside of the cell', { HighBit: 200 }],
  ['No frames', { NumberOfFrames: '0' }],
  ['Less than no frames', { NumberOfFrames: '-3' }],
  ['More frames than there are', { NumberOfFrames: '1000000000' }],
  ['A slope of zero', { RescaleSlope: '0', RescaleIntercept: '0' }],
  ['A slope that is no number', { RescaleSlope: 'NaN', RescaleIntercept: '0' }],
  ['An empty Modality LUT', { ModalityLUTSequence: lut(0, 16, Buffer.alloc(0)) }],
  ['Pixels of no size', { PixelSpacing: ['0', '0'] }],
])('%s is as if it were not said', async (_what, differs) => {
  expect(await shown(await keep(differs))).toEqual(shownRamp());
});

test('values beyond all numbers are a picture all the same', async () => {
  for (const RescaleSlope of ['1e300', '1e308', '-1e308'])
    expect(await shown(await keep({ RescaleSlope, RescaleIntercept: RescaleSlope }, noWindow))).toHaveLength(32);
});

test('a table of 65,536 entries of 8 bits is read, one to a byte', async () => {
  const entries = Buffer.from(Array.from({ length: 65_536 }, (_, index) => Math.min(255, index)));
  expect(await shown(await keep({ VOILUTSequence: lut(65_536, 8, entries) }, noWindow))).toEqual(shownRamp());
});

test('an image of one row or column, as long as it can be, has a picture and a thumbnail', async () => {
  const PixelData = Buffer.alloc(131_070, 7);
  for (const [Rows, Columns] of [
    [1, 65_535],
    [65_535, 1],
  ] as const)
    expect(await shown(await keep({ Rows, Columns, PixelData }))).toHaveLength(65_535);
});

test('of an overlay larger than the image the part that lies on it is drawn, and of one without its points none', async () => {
  const overlay = (bytes: Buffer, side: number) =>
    Buffer.concat([
      explicit(0x60000010, 'US', us(side)),
      explicit(0x60000011, 'US', us(side)),
      explicit(0x60000040, 'CS', 'G '),
      explicit(0x60000050, 'SS', Buffer.from('01000100', 'hex')),
      explicit(0x60003000, 'OW', bytes),
    ]);
  expect(await shown(await keep({}, [], overlay(Buffer.alloc(32, 255), 16)))).toEqual(Array(32).fill(255));
  expect(await shown(await keep({}, [], overlay(Buffer.alloc(32, 255), 65_535)))).toEqual(shownRamp());
});

test.each<readonly [string, Attributes, string, number]>([
  ['more pixels than bytes', { Rows: 65_535, Columns: 65_535 }, 'Pixel Data of 64 bytes is less than a frame', 406],
  ['no rows', { Rows: 0 }, 'an image of 0 rows and 8 columns', 406],
  ['samples of no bits', { BitsAllocated: 0 }, '0 bits allocated to a sample', 406],
  ['samples of 65,535 bits', { BitsAllocated: 65_535 }, '65535 bits allocated to a sample', 406],
  ['no samples', { SamplesPerPixel: 0 }, '0 samples in a pixel', 406],
  ['a palette without its tables', { PhotometricInterpretation: 'PALETTE COLOR' }, 'no picture of PALETTE COLOR', 200],
  [
    'a palette of three samples',
    { PhotometricInterpretation: 'PALETTE COLOR', SamplesPerPixel: 3, BitsAllocated: 8, Rows: 2 },
    'there is no picture of PALETTE COLOR with 3 samples',
    200,
  ],
])('of %s there is no picture, and the answer says so', async (_what, differs, why, ofFrame) => {
  const address = await keep(differs);
  for (const path of ['rendered', 'thumbnail']) {
    const response = await dicomweb.get(`${address}/${path}`, 'image/png');
    expect([response.status, await response.text()]).toEqual([406, expect.stringContaining(why)]);
  }
  expect((await dicomweb.get(`${address}/frames/1`, 'application/octet-stream')).status).toBe(ofFrame);
  expect((await dicomweb.get(`${address}/metadata`, 'application/dicom+json')).status).toBe(200);
});
