import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';
import { explicitLE, instance, rle, storeInSyntaxes, video } from './test-syntaxes.ts';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
  expect(await storeInSyntaxes(dicomweb)).toBe(200);
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

describe('frames', () => {
  test.each([1, 2, 3])('of native pixels go out in little endian, whatever they are stored in (%i)', async (number) => {
    const response = await dicomweb.get(`${instance(number)}/frames/1`, 'application/octet-stream');
    expect(response.headers.get('content-type')).toBe(`application/octet-stream; transfer-syntax=${explicitLE}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.alloc(256, 7))).toBe(true);
    expect(response.headers.get('content-length')).toBe('256');
  });

  test('come in parts that say their type and syntax', async () => {
    const accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
    const response = await dicomweb.get(`${instance(1)}/frames/1,1`, accept);
    const type = `application/octet-stream; transfer-syntax=${explicitLE}`;
    const parts = await partsOf(response);
    expect(parts).toMatchObject([1, 2].map(() => ({ type, bytes: Buffer.alloc(256, 7) })));
  });

  test.each([
    ['2', 404],
    ['1,2', 404],
    ['0', 400],
    ['one', 400],
    ['1,,2', 400],
  ])('%s of one is answered by %i', async (frames, status) => {
    expect((await dicomweb.get(`${instance(1)}/frames/${frames}`)).status).toBe(status);
  });

  test('of a film cannot be had, and the answer says why', async () => {
    const response = await dicomweb.get(`${instance(4)}/frames/1`, 'application/octet-stream');
    expect(response.status).toBe(406);
    expect(JSON.stringify(await response.json())).toContain(video);
  });

  test('of colour keep their size where Pixel Data ends inside one of them', async () => {
    const grey = smallInstance({ study: '1.8', series: '1.8.1', instance: '1.8.1.1' });
    const colour = [
      explicit(0x00280002, 'US', us(3)),
      explicit(0x00280004, 'CS', 'RGB'),
      explicit(0x00280006, 'US', us(0)),
      explicit(0x00280008, 'IS', '2'),
      explicit(0x00280010, 'US', us(16)),
      explicit(0x00280011, 'US', us(16)),
      explicit(0x00280100, 'US', us(8)),
      explicit(0x7fe00010, 'OB', Buffer.alloc(16 * 16 * 3 + 100, 9)),
    ];
    const until = grey.indexOf(explicit(0x00280002, 'US', us(1)));
    expect(await dicomweb.stow(Buffer.concat([grey.subarray(0, until), ...colour]))).toBe(200);
    const frame = (number: number) =>
      dicomweb.get(`/studies/1.8/series/1.8.1/instances/1.8.1.1/frames/${number}`, 'application/octet-stream');
    expect((await (await frame(1)).arrayBuffer()).byteLength).toBe(16 * 16 * 3);
    expect((await frame(2)).status).toBe(404);
  });

  test('of an instance that is replaced are the new ones at once', async () => {
    const replaced = (fill: number) =>
      smallInstance({ study: '1.6', series: '1.6.1', instance: '1.6.1.1', pixels: Buffer.alloc(256, fill) });
    const address = '/studies/1.6/series/1.6.1/instances/1.6.1.1/frames/1';
    const first = async () => Buffer.from(await (await dicomweb.get(address)).arrayBuffer())[0];
    await dicomweb.stow(replaced(1));
    expect([await first(), await first(), await first()]).toEqual([1, 1, 1]);
    await dicomweb.stow(replaced(2));
    const { pool } = dicomweb.postgres.database;
    // As a person decides, or a device's policy.
    await pool.query(`UPDATE index.instance SET state = 1 - state WHERE sop_instance_uid = '1.6.1.1'`);
    await dicomweb.stow(replaced(2));
    expect(await first()).toBe(2);
  });

  test('of which a later one is damaged break a long answer off, behind those that are whole', async () => {
    // RLE Lossless of 6000 × 6000 zeros: the first frame alone is more than is decoded before the status is sent.
    const side = 6_000;
    const runs = Buffer.alloc(2 * Math.ceil((side * side) / 128));
    for (let at = 0; at < runs.length; at += 2) runs[at] = 0x81;
    const header = Buffer.alloc(64);
    header.writeUInt32LE(1, 0);
    header.writeUInt32LE(64, 4);
    const item = (bytes: Buffer): Buffer => {
      const head = Buffer.from('feff00e000000000', 'hex');
      head.writeUInt32LE(bytes.length, 4);
      return Buffer.concat([head, bytes]);
    };
    const frame = item(Buffer.concat([header, runs]));
    const small = smallInstance({ study: '1.77', series: '1.77.1', instance: '1.77.1.1' }).subarray(0, -(256 + 12));
    const rows = small.indexOf(explicit(0x00280010, 'US', us(16)));
    const columns = rows + 10;
    const large = Buffer.concat([
      small.subarray(0, rows),
      explicit(0x00280008, 'IS', '2 '),
      explicit(0x00280010, 'US', us(side)),
      explicit(0x00280011, 'US', us(side)),
      small.subarray(columns + 10),
    ]);
    const fragments = [item(Buffer.alloc(0)), frame, item(Buffer.alloc(80, 1)), Buffer.from('feffdde000000000', 'hex')];
    const dataset = Buffer.concat([large, explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), ...fragments]);
    expect(await dicomweb.stow([dataset, rle])).toBe(200);
    const path = '/studies/1.77/series/1.77.1/instances/1.77.1.1/frames';
    expect((await dicomweb.get(`${path}/2`, 'application/octet-stream')).status).toBe(406);
    const response = await dicomweb.get(`${path}/1,2`, 'multipart/related; type="application/octet-stream"');
    expect(response.status).toBe(200);
    const received: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of response.body as ReadableStream<Uint8Array>) received.push(piece);
    })();
    await expect(reading).rejects.toThrow('terminated');
    const bytes = Buffer.concat(received);
    const begin = bytes.indexOf('\r\n\r\n') + 4;
    expect(bytes.subarray(begin, begin + side * side).equals(Buffer.alloc(side * side))).toBe(true);
  });
});
