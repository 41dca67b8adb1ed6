/** Instances and frames that WADO-RS compresses for who names a transfer syntax: what comes, and that DCMTK reads the same of it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeJpegLS } from '#dicom/syntax/jpeg-ls.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { isInstalled } from '#tests/installed.ts';
import { plainImage } from '#tests/plain-image.ts';
import { datasetOf, partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';

const withoutDcmtk = !isInstalled('dcmdrle');
const explicitLE = '1.2.840.10008.1.2.1';
const jpegLS = '1.2.840.10008.1.2.4.80';
/** DCMTK's decoders; it has none for JPEG 2000. */
const decoders: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.5': 'dcmdrle',
  [jpegLS]: 'dcmdjpls',
  '1.2.840.10008.1.2.4.70': 'dcmdjpeg',
  '1.2.840.10008.1.2.4.57': 'dcmdjpeg',
};

let dicomweb: TestDicomweb;
let directory: string;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
  directory = await mkdtemp(join(tmpdir(), 'lightbox-compressing-'));
});
afterAll(async () => {
  await dicomweb[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe.skipIf(!hasCorpus)('a CT slice of 512 × 512', () => {
  const stored = hasCorpus ? datasetOf(corpusFile('series/ct-chest-siemens/1.dcm')) : Buffer.alloc(0);
  const pixels = stored.subarray(-2 * 512 * 512);
  let address = '';
  beforeAll(async () => {
    expect(await dicomweb.stow(stored)).toBe(200);
    const found = await dicomweb.get('/instances?Modality=CT', 'application/dicom+json');
    const [{ '00081190': url }] = (await found.json()) as [{ '00081190': { Value: [string] } }];
    address = url.Value[0].slice(url.Value[0].indexOf('/studies'));
  });

  test.each(losslessEncodings.map(({ uid, name }) => [name, uid] as const))(
    'comes in %s, smaller',
    async (_name, syntax) => {
      const response = await dicomweb.get(address, `application/dicom; transfer-syntax=${syntax}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${syntax}`);
      const file = await bytesOf(response);
      expect(file.length).toBeLessThan(0.6 * stored.length);
      const decoder = decoders[syntax];
      if (decoder === undefined || withoutDcmtk) return;
      const [from, to] = [join(directory, `${syntax}.dcm`), join(directory, `${syntax}.raw.dcm`)];
      await writeFile(from, file);
      await promisify(execFile)(decoder, ['+te', from, to]);
      const decoded = await readFile(to);
      expect(decoded.subarray(-pixels.length).equals(pixels)).toBe(true);
    },
  );

  test('comes in parts of a study', async () => {
    const accept = `multipart/related; type="application/dicom"; transfer-syntax=${jpegLS}`;
    const [part, ...more] = await partsOf(await dicomweb.get(address.replace(/\/series.*/, ''), accept));
    expect([part?.type, more.length]).toEqual([`application/dicom; transfer-syntax=${jpegLS}`, 0]);
  });

  test('a frame of it comes as the stream alone, by media type or by transfer syntax, and is remembered', async () => {
    const accepts = ['image/jls', 'image/x-jls', `application/octet-stream; transfer-syntax=${jpegLS}`];
    const image = plainImage({ rows: 512, columns: 512 }, { bitsStored: 12 });
    for (const accept of accepts) {
      const response = await dicomweb.get(`${address}/frames/1`, accept);
      expect(response.headers.get('content-type')).toBe(`${accept.split(';')[0]}; transfer-syntax=${jpegLS}`);
      const bytes = await bytesOf(response);
      expect(bytes.length).toBeLessThan(0.4 * pixels.length);
      const decoded = await decodeJpegLS(bytes, image);
      expect(decoded.bytes.equals(pixels)).toBe(true);
    }
  });

  test('a frame has another ETag in each syntax', async () => {
    const etag = async (accept: string) => (await dicomweb.get(`${address}/frames/1`, accept)).headers.get('etag');
    const etags = await Promise.all(['*/*', 'image/jls', 'image/dicom-rle'].map(etag));
    expect(new Set(etags).size).toBe(3);
  });

  test('whoever takes anything gets it as it is stored', async () => {
    for (const accept of ['*/*', 'application/octet-stream; transfer-syntax=*']) {
      const response = await dicomweb.get(`${address}/frames/1`, accept);
      expect(response.headers.get('content-type')).toBe(`application/octet-stream; transfer-syntax=${explicitLE}`);
      expect((await bytesOf(response)).equals(pixels)).toBe(true);
    }
  });
});

describe('pixels that no lossless syntax holds', () => {
  const address = '/studies/1.20/series/1.20.1/instances/1.20.1.1';
  beforeAll(async () => {
    const grey = smallInstance({ study: '1.20', series: '1.20.1', instance: '1.20.1.1' });
    const colour = [
      explicit(0x00280002, 'US', us(3)),
      explicit(0x00280004, 'CS', 'HSV'),
      explicit(0x00280006, 'US', us(0)),
      explicit(0x00280010, 'US', us(16)),
      explicit(0x00280011, 'US', us(16)),
      explicit(0x00280100, 'US', us(8)),
      explicit(0x00280101, 'US', us(8)),
      explicit(0x00280102, 'US', us(7)),
      explicit(0x00280103, 'US', us(0)),
      explicit(0x7fe00010, 'OB', Buffer.alloc(16 * 16 * 3, 9)),
    ];
    const until = grey.indexOf(explicit(0x00280002, 'US', us(1)));
    expect(await dicomweb.stow(Buffer.concat([grey.subarray(0, until), ...colour]))).toBe(200);
  });

  test('are refused to who takes nothing else, saying why', async () => {
    for (const path of ['', '/frames/1']) {
      const type = path ? 'application/octet-stream' : 'application/dicom';
      const response = await dicomweb.get(address + path, `${type}; transfer-syntax=${jpegLS}`);
      expect(response.status).toBe(406);
      expect(((await response.json()) as { detail: string }).detail).toMatch(/^cannot be compressed: .*HSV/);
    }
  });

  test('come uncompressed to who takes that too', async () => {
    const accept = `application/octet-stream; transfer-syntax=${jpegLS}, application/octet-stream; transfer-syntax=*;q=0.5`;
    const response = await dicomweb.get(`${address}/frames/1`, accept);
    expect(response.headers.get('content-type')).toBe(`application/octet-stream; transfer-syntax=${explicitLE}`);
    expect((await bytesOf(response)).equals(Buffer.alloc(16 * 16 * 3, 9))).toBe(true);
  });
});
