import sharp from 'sharp';
import { picturePixels } from '#tests/picture-pixels.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { admin } from '../http/test-archive.ts';
import { type PictureArchive, ramp, shownRamp, startPictureArchive } from '../test-pictures.ts';
import { partsOf } from './test-dicomweb.ts';

let archive: PictureArchive;
const study = '/dicom-web/studies/1.2.3';
const series = `${study}/series/1.2.3.1`;
const instance = `${series}/instances/1.2.3.1.1`;
const multiframe = `${study}/series/1.2.3.2/instances/1.2.3.2.1`;

beforeAll(async () => {
  archive = await startPictureArchive();
  await archive.keep({});
  await archive.keep({ SOPInstanceUID: '1.2.3.1.2', InstanceNumber: '2' });
  const ofTwo = { SeriesInstanceUID: '1.2.3.2', SeriesNumber: '2', SOPInstanceUID: '1.2.3.2.1' };
  await archive.keep({ ...ofTwo, NumberOfFrames: '3', PixelData: ramp(3) });
  // A video, and an object without pixels.
  await archive.keep(
    { StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1', SOPInstanceUID: '1.2.4.1.1' },
    '1.2.840.10008.1.2.4.102',
  );
  const film = { StudyInstanceUID: '1.2.5', SeriesInstanceUID: '1.2.5.1' };
  await archive.keep({ ...film, SOPInstanceUID: '1.2.5.1.1' }, '1.2.840.10008.1.2.4.102');
  await archive.keep({ ...film, SOPInstanceUID: '1.2.5.1.2' });
});
afterAll(() => archive[Symbol.asyncDispose]());

const get = (path: string, accept?: string, more: Record<string, string> = {}) =>
  archive.get(path, { ...(accept !== undefined && { accept }), ...more });

const pixels = async (response: Response) => picturePixels(Buffer.from(await response.arrayBuffer()));

describe('one picture', () => {
  test('is what the window shows, pixel by pixel, as PNG', async () => {
    const response = await get(`${instance}/rendered`, 'image/png');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(await pixels(response)).toEqual({ width: 8, height: 4, bytes: shownRamp() });
  });

  test.each([
    [undefined, 'image/jpeg'],
    ['*/*', 'image/jpeg'],
    ['image/webp', 'image/webp'],
    ['image/gif;q=1, image/png;q=0.5', 'image/png'],
    ['image/webp;q=0.2, image/*;q=0.9', 'image/jpeg'],
  ])('for who accepts %s is %s', async (accept, type) => {
    const response = await get(`${instance}/rendered`, accept);
    expect(response.headers.get('content-type')).toBe(type);
    expect(`image/${(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).format}`).toBe(type);
  });

  test('comes as the accept parameter of the address asks', async () => {
    const response = await get(`${instance}/rendered?accept=image/png`, '*/*');
    expect(response.headers.get('content-type')).toBe('image/png');
  });

  test('is not made as a type that is not promised', async () => {
    for (const accept of ['image/gif', 'video/mp4', 'application/dicom']) {
      const response = await get(`${instance}/rendered`, accept);
      expect(response.status).toBe(406);
      expect(((await response.json()) as { detail: string }).detail).toContain('image/png');
    }
  });

  test('of a video is the video, and says which parameters it has not followed', async () => {
    const film = '/dicom-web/studies/1.2.4/series/1.2.4.1/instances/1.2.4.1.1/rendered';
    const warned = async (query: string) => {
      const response = await get(`${film}${query}`, 'video/mp4');
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining('video/mp4'),
      ]);
      return response.headers.get('warning');
    };
    expect(await warned('?window=40,400,linear&viewport=8,8&iccprofile=srgb')).toBe(
      '299 lightbox "not supported: window, viewport, iccprofile"',
    );
    expect(await warned('?iccprofile=no')).toBeNull();
  });

  test('follows window and viewport', async () => {
    const windowed = await pixels(await get(`${instance}/rendered?window=105,1,linear`, 'image/png'));
    expect(windowed.bytes).toEqual(Array.from({ length: 32 }, (_, index) => (index * 10 > 104.5 ? 255 : 0)));
    const mirrored = await pixels(await get(`${instance}/rendered?viewport=8,8,0,0,-8,1`, 'image/png'));
    expect(mirrored).toEqual({ width: 8, height: 1, bytes: shownRamp().slice(0, 8).reverse() });
  });

  test.each([
    'viewport=abc',
    'window=1',
    'quality=0',
    'viewport=100000,1',
    'viewport=8,8,8,0',
    'iccprofile=x',
    'quality=1&quality=2',
  ])('with %s is refused, naming the parameter', async (query) => {
    const response = await get(`${instance}/rendered?${query}`, 'image/png');
    const { detail } = (await response.json()) as { detail: string };
    expect(response.status, detail).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  test('of frames that cannot be told apart is refused with the reason, at every door', async () => {
    const uids = { StudyInstanceUID: '1.2.6', SeriesInstanceUID: '1.2.6.1', SOPInstanceUID: '1.2.6.1.1' };
    // Four fragments of three frames, none of which begins like a JPEG stream (PS3.5 A.4).
    await archive.keep({ ...uids, NumberOfFrames: '3' }, '1.2.840.10008.1.2.4.50', 4);
    const untold = '/dicom-web/studies/1.2.6/series/1.2.6.1/instances/1.2.6.1.1';
    const wado = '/wado?requestType=WADO&studyUID=1.2.6&seriesUID=1.2.6.1&objectUID=1.2.6.1.1';
    const doors = ['rendered', 'thumbnail', 'frames/1/rendered', 'frames/1,2/rendered'].map((at) => `${untold}/${at}`);
    for (const path of [...doors, `${wado}&frameNumber=2`]) {
      const response = await get(path, 'image/*');
      const { detail } = (await response.json()) as { detail: string };
      expect([path, response.status]).toEqual([path, 406]);
      expect(detail).toContain('4 fragments of 3 frames cannot be told apart');
    }
  });

  test('comes without annotations, and says so', async () => {
    const response = await get(`${instance}/rendered?annotation=patient`, 'image/png');
    expect([response.status, response.headers.get('warning')]).toEqual([
      200,
      '299 lightbox "not supported: annotation"',
    ]);
    await response.arrayBuffer();
  });

  test('is sent again only when something has changed', async () => {
    const first = await get(`${instance}/rendered`, 'image/png');
    const etag = first.headers.get('etag')!;
    await first.arrayBuffer();
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect((await get(`${instance}/rendered`, 'image/png', { 'if-none-match': etag })).status).toBe(304);
    for (const [path, accept] of [
      [`${instance}/rendered`, 'image/jpeg'],
      [`${instance}/rendered?quality=10`, 'image/png'],
      [`${multiframe}/rendered`, 'image/png'],
    ] as const) {
      const other = await get(path, accept, { 'if-none-match': etag });
      expect(other.status).toBe(200);
      await other.arrayBuffer();
    }
  });
});

describe('frames', () => {
  test('one is one picture', async () => {
    const { bytes } = await pixels(await get(`${multiframe}/frames/3/rendered`, 'image/png'));
    expect(bytes).toEqual(shownRamp(2));
  });

  test('several come as parts in the order asked for, each with its address', async () => {
    const response = await get(`${multiframe}/frames/3,1/rendered`, 'multipart/related; type="image/png"');
    const [third, first, ...more] = await partsOf(response);
    expect(more).toEqual([]);
    expect((await picturePixels(third!.bytes)).bytes).toEqual(shownRamp(2));
    expect((await picturePixels(first!.bytes)).bytes).toEqual(shownRamp());
    expect(first!.head).toContain(`Content-Location: ${multiframe}/frames/1/rendered`);
  });

  test('that are not there are not found, and numbers that are none are refused', async () => {
    for (const list of ['4', '1,4', '999999999'])
      expect((await get(`${multiframe}/frames/${list}/rendered`)).status).toBe(404);
    for (const list of ['0', 'x', '1,', '1-2'])
      expect((await get(`${multiframe}/frames/${list}/rendered`)).status).toBe(400);
  });

  test('of a whole instance are all of them as parts, or the first as one picture', async () => {
    expect(await partsOf(await get(`${multiframe}/rendered`, 'multipart/related; type="image/png"'))).toHaveLength(3);
    expect((await pixels(await get(`${multiframe}/rendered`, 'image/png'))).bytes).toEqual(shownRamp());
  });

  test('of a whole instance are shown by the one that it names, and by the first where that is not there', async () => {
    for (const [named, shown] of [
      [2, 1],
      [3, 2],
      [4, 0],
      [0, 0],
    ] as const) {
      const SOPInstanceUID = `1.2.7.1.${named + 1}`;
      const uids = { StudyInstanceUID: '1.2.7', SeriesInstanceUID: '1.2.7.1', SOPInstanceUID };
      await archive.keep({ ...uids, NumberOfFrames: '3', RepresentativeFrameNumber: named, PixelData: ramp(3) });
      const path = `/dicom-web/studies/1.2.7/series/1.2.7.1/instances/${SOPInstanceUID}/rendered`;
      expect((await pixels(await get(path, 'image/png'))).bytes, `frame ${named}`).toEqual(shownRamp(shown));
    }
  });

  test('are not all made for who asks for the headers alone', async () => {
    const frames = 40;
    const uids = { StudyInstanceUID: '1.2.8', SeriesInstanceUID: '1.2.8.1', SOPInstanceUID: '1.2.8.1.1' };
    await archive.keep({ ...uids, NumberOfFrames: `${frames}`, PixelData: ramp(frames) });
    const address = `${archive.url}/dicom-web/studies/1.2.8/rendered`;
    const before = archive.reads.count;
    const headers = { ...admin, accept: 'multipart/related; type="image/png"' };
    const response = await fetch(address, { method: 'HEAD', headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('multipart/related; type="image/png"');
    expect(archive.reads.count - before).toBeLessThan(frames / 2);
  });
});

describe('studies and series', () => {
  test('give a picture of every frame', async () => {
    const ofSeries = await get(`${series}/rendered`, 'multipart/related; type="image/jpeg"');
    expect(ofSeries.status).toBe(200);
    expect(await partsOf(ofSeries)).toHaveLength(2);
    const ofStudy = await partsOf(await get(`${study}/rendered`, 'image/jpeg'));
    expect(ofStudy).toHaveLength(5);
    for (const { bytes } of ofStudy) expect((await sharp(bytes).metadata()).format).toBe('jpeg');
  });

  test('leave out what has no picture, and say so by the status', async () => {
    const response = await get('/dicom-web/studies/1.2.5/rendered', 'multipart/related; type="image/png"');
    expect(response.status).toBe(206);
    expect(response.headers.get('warning')).toMatch(
      /^299 lightbox "pictures are left out: .*1\.2\.840\.10008\.1\.2\.4\.102/,
    );
    expect(await partsOf(response)).toHaveLength(1);
  });

  test('leave out what turns out to be damaged, and say so too', async () => {
    const uids = { StudyInstanceUID: '1.2.19', SeriesInstanceUID: '1.2.19.1' };
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.19.1.1' });
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.19.1.2' }, '1.2.840.10008.1.2.4.70');
    const response = await get('/dicom-web/studies/1.2.19/rendered', 'multipart/related; type="image/png"');
    expect(response.status).toBe(206);
    expect(response.headers.get('warning')).toContain('pictures are left out: ');
    expect(await partsOf(response)).toHaveLength(1);
  });

  test('without any picture say which syntax and why', async () => {
    const response = await get('/dicom-web/studies/1.2.4/rendered', 'image/png');
    expect(response.status).toBe(406);
    expect(((await response.json()) as { detail: string }).detail).toContain('1.2.840.10008.1.2.4.102');
  });
});

test('everything has a thumbnail, which is never larger than the image or than what was asked for', async () => {
  for (const path of [study, series, instance, multiframe, `${multiframe}/frames/2`]) {
    const response = await get(`${path}/thumbnail`, 'image/png');
    expect(response.status, path).toBe(200);
    const { width, height } = await pixels(response);
    expect([width, height]).toEqual([8, 4]);
  }
  expect((await pixels(await get(`${study}/thumbnail?viewport=4,4`, 'image/png'))).width).toBe(4);
  expect((await pixels(await get(`${multiframe}/thumbnail`, 'image/png'))).bytes).toEqual(shownRamp(1));
  expect((await get('/dicom-web/studies/1.2.4/thumbnail')).status).toBe(406);
});

test.each([
  ['Pixel Spacing', { PixelSpacing: '0.5\\0.25', PixelAspectRatio: '1\\1' }],
  ['Imager Pixel Spacing', { ImagerPixelSpacing: '0.2\\0.1' }],
  ['Pixel Aspect Ratio', { PixelAspectRatio: '2\\1' }],
  [
    'Pixel Measures of its frame',
    { SharedFunctionalGroupsSequence: [{ PixelMeasuresSequence: [{ PixelSpacing: '0.8\\0.4' }] }] },
  ],
])('pixels twice as high as wide by their %s are shown so', async (_, differs) => {
  const [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID] = ['1.2.88', '1.2.88.1', `1.2.88.1.${++uneven}`];
  await archive.keep({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, ...differs });
  const size = async (path: string) => {
    const { width, height } = await pixels(await get(path, 'image/png'));
    return [width, height];
  };
  const address = `/dicom-web/studies/1.2.88/series/1.2.88.1/instances/${SOPInstanceUID}`;
  expect(await size(`${address}/rendered?viewport=64,64`)).toEqual([64, 64]);
  expect(await size(`${address}/thumbnail`)).toEqual([8, 8]);
  const wado = `/wado?requestType=WADO&studyUID=1.2.88&seriesUID=1.2.88.1&objectUID=${SOPInstanceUID}&contentType=image/png`;
  expect(await size(`${wado}&columns=4`)).toEqual([4, 4]);
  // PS3.18 9.1.2.2: without a size, one pixel for each value.
  expect(await size(wado)).toEqual([8, 4]);
  expect(await size(`${address}/rendered`)).toEqual([8, 4]);
});
let uneven = 0;

test('who may not see a study sees no picture of it', async () => {
  expect((await get('/dicom-web/studies/9.9.9/rendered')).status).toBe(404);
  expect((await fetch(`${archive.url}${instance}/rendered`)).status).toBe(401);
});

test('when no thread can take the frame the answer is to come again', async () => {
  const busy = await startPictureArchive();
  await busy.keep({});
  await busy.pixels[Symbol.asyncDispose]();
  const response = await busy.get(`${instance}/rendered`);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  await response.text();
  await busy[Symbol.asyncDispose]();
});

describe('the head of an object', () => {
  const uids = { StudyInstanceUID: '1.2.9', SeriesInstanceUID: '1.2.9.1' };
  const at = (SOPInstanceUID: string, frame: number) =>
    `/dicom-web/studies/1.2.9/series/1.2.9.1/instances/${SOPInstanceUID}/frames/${frame}/rendered`;
  const frameBytes = 64;

  test('is read once for the pictures of all of its frames', async () => {
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.9.1.1', NumberOfFrames: '3', PixelData: ramp(3) });
    const { reads } = archive;
    expect(await pixels(await get(at('1.2.9.1.1', 1), 'image/png'))).toMatchObject({ bytes: shownRamp() });
    expect(reads.bytes).toBeGreaterThan(frameBytes);
    for (const [frame, brighter] of [
      [2, 1],
      [3, 2],
    ] as const) {
      reads.bytes = 0;
      const picture = await pixels(await get(at('1.2.9.1.1', frame), 'image/png'));
      expect(picture).toMatchObject({ bytes: shownRamp(brighter) });
      expect(reads.bytes).toBe(frameBytes);
    }
  });

  test('is not taken for that of the object that has come in its place', async () => {
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.9.1.2' });
    const before = await pixels(await get(at('1.2.9.1.2', 1), 'image/png'));
    // Another object with another window, to which the row is moved: as after healing.
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.9.1.3', WindowCenter: '512', WindowWidth: '1024' });
    await archive.database.pool.query(
      `UPDATE index.instance i SET key = o.key, digest = o.digest, "offset" = o."offset", length = o.length,
         pixel_offset = o.pixel_offset FROM index.instance o
       WHERE i.sop_instance_uid = '1.2.9.1.2' AND o.sop_instance_uid = '1.2.9.1.3'`,
    );
    const after = await pixels(await get(at('1.2.9.1.2', 1), 'image/png'));
    expect(after).not.toEqual(before);
    expect(after).toEqual(await pixels(await get(at('1.2.9.1.3', 1), 'image/png')));
  });

  test('that cannot be read is tried again', async () => {
    await archive.keep({ ...uids, SOPInstanceUID: '1.2.9.1.4' });
    const { rows } = await archive.database.pool.query<{ key: string; length: number; offset: number }>(
      `SELECT key, length, "offset" FROM index.instance WHERE sop_instance_uid = '1.2.9.1.4'`,
    );
    const { key, length, offset } = rows[0]!;
    const whole = await archive.storage.readRange(key, 0, offset + length);
    await archive.storage.remove(key);
    expect((await get(at('1.2.9.1.4', 1), 'image/png')).ok).toBe(false);
    const again = await archive.storage.begin(key);
    await again.write(whole);
    await again.commit();
    expect((await get(at('1.2.9.1.4', 1), 'image/png')).status).toBe(200);
  });

  test('takes a limited part of memory, however many there are', async () => {
    const tables = Buffer.alloc(2 * 65_536);
    const many = 30;
    for (let number = 0; number < many; number++) {
      const SOPInstanceUID = `1.2.9.1.${100 + number}`;
      const RedPaletteColorLookupTableData = Buffer.concat(Array.from({ length: 24 }, () => tables));
      await archive.keep({ ...uids, SOPInstanceUID, RedPaletteColorLookupTableData });
      expect((await get(at(SOPInstanceUID, 1), 'image/png')).status).toBe(200);
    }
    expect(archive.images.heldBytes).toBeGreaterThan(limits.pixels.headsRememberedBytes / 2);
    expect(archive.images.heldBytes).toBeLessThanOrEqual(limits.pixels.headsRememberedBytes);
  });
});
