import { type PicturePixels, picturePixels } from '#tests/picture-pixels.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PictureArchive, ramp, shownRamp, startPictureArchive } from './test-pictures.ts';

let archive: PictureArchive;
beforeAll(async () => {
  archive = await startPictureArchive();
  await archive.keep({});
  await archive.keep({ SOPInstanceUID: '1.2.3.1.2', NumberOfFrames: '3', PixelData: ramp(3) });
  const { keep } = archive;
  await keep({ SOPInstanceUID: '1.2.3.1.3' }, '1.2.840.10008.1.2.4.102');
});
afterAll(() => archive[Symbol.asyncDispose]());

const uids = 'studyUID=1.2.3&seriesUID=1.2.3.1&objectUID=1.2.3.1';
const ask = (query: string, headers: Record<string, string> = {}) =>
  archive.get(`/wado?requestType=WADO&${query}`, headers);

async function pixels(response: Response): Promise<PicturePixels> {
  expect(response.status).toBe(200);
  return picturePixels(Buffer.from(await response.arrayBuffer()));
}

describe('a picture', () => {
  const png = `${uids}.1&contentType=image/png`;

  test('of an image with one frame is a JPEG when nothing else is asked for', async () => {
    const response = await ask(`${uids}.1`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(await pixels(response)).toMatchObject({ width: 8, height: 4 });
  });

  test('is what the window of the image shows, or another one', async () => {
    expect((await pixels(await ask(png))).bytes).toEqual(shownRamp());
    const { bytes } = await pixels(await ask(`${png}&windowCenter=105&windowWidth=1`));
    expect(bytes).toEqual(Array.from({ length: 32 }, (_, index) => (index * 10 > 104.5 ? 255 : 0)));
  });

  test('fits into rows and columns, and one of them alone keeps the shape', async () => {
    expect(await pixels(await ask(`${png}&rows=2&columns=100`))).toMatchObject({ width: 4, height: 2 });
    expect(await pixels(await ask(`${png}&columns=16`))).toMatchObject({ width: 16, height: 8 });
  });

  test('of a region is cut out by fractions of the image', async () => {
    const { width, height, bytes } = await pixels(await ask(`${png}&region=0.5,0.0,1.0,0.5`));
    expect([width, height]).toEqual([4, 2]);
    expect(bytes).toEqual([40, 50, 60, 70, 120, 130, 140, 150]);
  });

  test('is of the frame that is asked for', async () => {
    expect((await pixels(await ask(`${uids}.2&contentType=image/png&frameNumber=2`))).bytes).toEqual(shownRamp(1));
    expect((await ask(`${uids}.2&contentType=image/png&frameNumber=4`)).status).toBe(400);
  });

  test('of a video is refused by its transfer syntax', async () => {
    const response = await ask(`${uids}.3&contentType=image/jpeg`);
    expect(response.status).toBe(406);
    expect(((await response.json()) as { detail: string }).detail).toContain('1.2.840.10008.1.2.4.102');
  });

  test('is sent again only when something has changed', async () => {
    const first = await ask(png);
    await first.arrayBuffer();
    const seen = { 'if-none-match': first.headers.get('etag')! };
    expect((await ask(png, seen)).status).toBe(304);
    const other = await ask(`${png}&rows=2`, seen);
    expect(other.status).toBe(200);
    await other.arrayBuffer();
  });
});

describe('a file', () => {
  test('comes in Explicit VR Little Endian', async () => {
    const response = await ask(`${uids}.1&contentType=application%2Fdicom`);
    expect(response.headers.get('content-type')).toBe('application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 128, 132)).toBe('DICM');
  });

  test('comes in its own syntax where that is asked for, or where it cannot be decoded', async () => {
    for (const query of ['&transferSyntax=1.2.840.10008.1.2.4.102', '']) {
      const response = await ask(`${uids}.3&contentType=application/dicom${query}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('transfer-syntax=1.2.840.10008.1.2.4.102');
      await response.arrayBuffer();
    }
    expect((await ask(`${uids}.1&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.4.91`)).status).toBe(
      406,
    );
  });

  test('is compressed without loss for who asks for a syntax that can', async () => {
    const rle = '1.2.840.10008.1.2.5';
    const response = await ask(`${uids}.1&contentType=application/dicom&transferSyntax=${rle}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${rle}`);
    expect(Buffer.from(await response.arrayBuffer()).includes(rle)).toBe(true);
  });

  test('comes as it is stored for who takes any syntax, as OHIF asks', async () => {
    for (const [uid, syntax] of [
      ['1', '1.2.840.10008.1.2.1'],
      ['3', '1.2.840.10008.1.2.4.102'],
    ]) {
      const response = await ask(`${uids}.${uid}&contentType=application/dicom&transferSyntax=*`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${syntax}`);
      await response.arrayBuffer();
    }
  });

  test('is what an image with several frames is, when no frame is named', async () => {
    const response = await ask(`${uids}.2`);
    expect(response.headers.get('content-type')).toContain('application/dicom');
    await response.arrayBuffer();
  });
});

test.each([
  'studyUID=1.2.3',
  'studyUID=1.2.3&seriesUID=1.2.3.1&objectUID=x',
  `${uids}.1&anonymize=yes`,
  `${uids}.1&presentationUID=1.2`,
  `${uids}.1&windowCenter=5`,
  `${uids}.1&windowCenter=5&windowWidth=0`,
  `${uids}.1&region=0,0,2,1`,
  `${uids}.1&region=0.5,0,0.5,1`,
  `${uids}.1&rows=0`,
  `${uids}.1&columns=1000000`,
  `${uids}.1&imageQuality=101`,
  `${uids}.1&frameNumber=0`,
  `${uids}.1&transferSyntax=x`,
])('?%s is a bad request, and says why', async (query) => {
  const response = await ask(query);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { detail: string }).detail.length).toBeGreaterThan(10);
});

test('the kind of request is WADO, and nothing else', async () => {
  for (const query of [`${uids}.1`, `requestType=STOW&${uids}.1`])
    expect((await archive.get(`/wado?${query}`)).status).toBe(400);
});

test('an object that is not there is not found, a type that nobody promised not acceptable, a stranger not let in', async () => {
  expect((await ask(`${uids}.9`)).status).toBe(404);
  expect((await ask(`${uids}.1&contentType=image/gif`)).status).toBe(406);
  expect((await fetch(`${archive.url}/wado?requestType=WADO&${uids}.1`)).status).toBe(401);
});
