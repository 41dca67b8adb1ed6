import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { beginHolding } from '#derive/heavy-heads.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { explicit, smallInstance, us } from '#tests/dataset-bytes.ts';
import { essence } from '#tests/datasets.ts';
import { datasetOf, partsOf, startTestDicomweb, type TestDicomweb } from './test-dicomweb.ts';
import {
  explicitBE,
  explicitLE,
  film,
  implicitLE,
  instance,
  nativeInstance,
  rle,
  storeInSyntaxes,
  study,
  video,
  whole,
} from './test-syntaxes.ts';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

async function datasetsOf(response: Response): Promise<{ syntax: string; dataset: Buffer }[]> {
  return Promise.all(
    (await partsOf(response)).map(async ({ bytes }) => {
      const { transferSyntaxUID, dataset } = await openPart10(inPieces(bytes, 65_536));
      const pieces: Buffer[] = [];
      for await (const piece of dataset) pieces.push(Buffer.from(piece));
      return { syntax: transferSyntaxUID, dataset: Buffer.concat(pieces) };
    }),
  );
}

/** A fragment with a frame of 16 × 16 equal bytes in RLE Lossless: two runs of 128 (PS3.5 Annex G). */
function rleItem(value: number): Buffer {
  const frame = Buffer.alloc(64 + 4);
  frame.writeUInt32LE(1, 0);
  frame.writeUInt32LE(64, 4);
  frame.set([0x81, value, 0x81, value], 64);
  const header = Buffer.from('feff00e000000000', 'hex');
  header.writeUInt32LE(frame.length, 4);
  return Buffer.concat([header, frame]);
}

describe('instances in several syntaxes', () => {
  beforeAll(async () => {
    expect(await storeInSyntaxes(dicomweb)).toBe(200);
  });

  test('of a maker’s own are found, described and given back as they came, and are not said to be in any other', async () => {
    const own = '1.2.840.113619.5.2';
    const study = '/studies/1.98';
    const of = (number: number) => smallInstance({ study: '1.98', series: '1.98.1', instance: `1.98.1.${number}` });
    const implicit = serializeDataset(whole(of(2)), { explicitVR: false, bigEndian: false });
    expect(await dicomweb.stow([of(1), own], [implicit, own])).toBe(200);
    const asStored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
    const stored = await datasetsOf(await dicomweb.get(study, asStored));
    expect(stored.toSorted((a, b) => a.dataset.length - b.dataset.length)).toEqual(
      [of(1), implicit]
        .map((dataset) => ({ syntax: own, dataset }))
        .toSorted((a, b) => a.dataset.length - b.dataset.length),
    );
    for (const path of [study, `${study}/series/1.98.1/instances/1.98.1.1/rendered`]) {
      const refused = await dicomweb.get(
        path,
        path === study ? 'multipart/related; type="application/dicom"' : 'image/jpeg',
      );
      expect([refused.status, await refused.text()]).toEqual([406, expect.stringContaining(own)]);
    }
    const described = (await (await dicomweb.get(`${study}/metadata`, 'application/dicom+json')).json()) as {
      '00080018': { Value: [string] };
    }[];
    // Which of the two was stored first is nobody's promise.
    expect(described.map((one) => one['00080018'].Value[0]).toSorted()).toEqual(['1.98.1.1', '1.98.1.2']);
  });

  test('of a film are one stream, whatever its fragments, of which players ask for ranges', async () => {
    const fragment = (bytes: string): Buffer => {
      const header = Buffer.from('feff00e000000000', 'hex');
      header.writeUInt32LE(bytes.length, 4);
      return Buffer.concat([header, Buffer.from(bytes)]);
    };
    const inParts = smallInstance({ study: '1.99', series: '1.99.1', instance: '1.99.1.1' });
    const until = inParts.indexOf(explicit(0x00280010, 'US', us(16)));
    const pixelsAt = inParts.length - (256 + 12);
    const fragmentable = Buffer.concat([
      inParts.subarray(0, until),
      explicit(0x00280008, 'IS', '300 '),
      inParts.subarray(until, pixelsAt),
      explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
      ...['', 'abcd', 'efghij', 'kl'].map(fragment),
      Buffer.from('feffdde000000000', 'hex'),
    ]);
    expect(await dicomweb.stow([fragmentable, `${video}.1`])).toBe(200);
    const address = '/studies/1.99/series/1.99.1/instances/1.99.1.1/bulkdata/7FE00010';
    for (const accept of ['video/mp4', '*/*']) {
      const response = await dicomweb.get(address, accept);
      expect([response.status, await response.text()]).toEqual([200, 'abcdefghijkl']);
      expect(response.headers.get('content-type')).toBe(`video/mp4; transfer-syntax=${video}.1`);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
    }
    const part = await dicomweb.get(address, 'video/mp4', { range: 'bytes=2-10' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 2-10/12']);
    expect(await part.text()).toBe('cdefghijk');
    const octets = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
    expect((await partsOf(await dicomweb.get(address, octets))).map(({ bytes }) => bytes.toString())).toEqual([
      'abcdefghijkl',
    ]);
    expect((await dicomweb.get(address, 'image/jpeg')).status).toBe(406);
    // It is the first frame, too, and the only one.
    const frames = address.replace('bulkdata/7FE00010', 'frames');
    const first = await dicomweb.get(`${frames}/1`, 'video/mp4');
    expect([first.status, await first.text()]).toEqual([200, 'abcdefghijkl']);
    expect((await dicomweb.get(`${frames}/2`, 'video/mp4')).status).toBe(404);
    // Players of other viewers ask for what is rendered (PS3.18 Table 8.7.4-1), and a picture of it there is not.
    const rendered = address.replace('bulkdata/7FE00010', 'rendered');
    for (const accept of ['*/*', 'video/*', 'image/jpeg;q=0.5, video/mp4']) {
      const played = await dicomweb.get(rendered, accept);
      expect([played.status, await played.text()]).toEqual([200, 'abcdefghijkl']);
      expect(played.headers.get('content-type')).toMatch(/^video\/mp4/);
    }
    const piece = await dicomweb.get(rendered, '*/*', { range: 'bytes=2-10' });
    expect([piece.status, await piece.text()]).toEqual([206, 'cdefghijk']);
    for (const [accept, told] of [
      ['image/jpeg', video],
      ['video/mpeg', 'video/mp4'],
    ] as const) {
      const refused = await dicomweb.get(rendered, accept);
      expect([refused.status, await refused.text()]).toEqual([406, expect.stringContaining(told)]);
    }
  });

  test('come in Explicit VR Little Endian for who names no syntax; a film is left out, and the answer says so', async () => {
    const response = await dicomweb.get(study, 'multipart/related; type="application/dicom"');
    expect(response.status).toBe(206);
    expect(response.headers.get('warning')).toMatch(/^299 lightbox "1 instances are left out: .*4\.102/);
    const parts = await datasetsOf(response);
    expect(parts.map(({ syntax }) => syntax)).toEqual([explicitLE, explicitLE, explicitLE]);
    const numbers = new Set<unknown>();
    for (const { dataset } of parts) {
      // The VR of Pixel Data is OW in Implicit VR (PS3.5 A.1).
      const said = essence(whole(dataset), false);
      const number = Buffer.from(said['00080018']?.[1] as string, 'hex')
        .toString('latin1')
        .at(6);
      numbers.add(number);
      expect(said).toEqual(essence(whole(nativeInstance(Number(number))), false));
    }
    expect(numbers.size).toBe(3);
  });

  test.each([
    ['1.2.840.10008.1.2.4.65', 'JPEG Lossless, Hierarchical (Process 28)'],
    ['1.2.840.10008.1.2.4.66', 'JPEG Lossless, Hierarchical (Process 29)'],
    ['1.2.840.10008.1.2.4.60', 'Hierarchical'],
  ])(
    'in a retired process that nothing decodes are refused by the name of %s, and left out of their study',
    async (syntax, name) => {
      const study = `1.6.${syntax.split('.').at(-1)}`;
      const of = (number: number): Buffer =>
        smallInstance({ study, series: `${study}.1`, instance: `${study}.1.${number}` });
      const stored = Buffer.concat([
        of(1).subarray(0, -(256 + 12)),
        explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff),
        Buffer.from('feff00e000000000feff00e004000000ffd8ffd9feffdde000000000', 'hex'),
      ]);
      expect(await dicomweb.stow([stored, syntax], of(2))).toBe(200);
      const address = `/studies/${study}/series/${study}.1/instances/${study}.1.1`;
      for (const [path, accept] of [
        ['/frames/1', 'application/octet-stream'],
        ['/frames/1', 'image/jls'],
        ['/rendered', 'image/jpeg'],
        ['', 'application/dicom'],
        ['', 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80'],
        ['/pixeldata', 'multipart/related; type="application/octet-stream"'],
      ] as const) {
        const response = await dicomweb.get(address + path, accept);
        expect([response.status, await response.text()], path).toEqual([406, expect.stringContaining(syntax)]);
      }
      const refused = await dicomweb.get(`${address}/frames/1`, 'application/octet-stream');
      expect(((await refused.json()) as { detail: string }).detail).toContain(name);
      for (const [path, accept] of [
        ['', 'multipart/related; type="application/dicom"'],
        ['/rendered', 'multipart/related; type="image/png"'],
        ['/pixeldata', 'multipart/related; type="application/octet-stream"'],
      ] as const) {
        const response = await dicomweb.get(`/studies/${study}${path}`, accept);
        expect([response.status, response.headers.get('warning')], path).toEqual([
          206,
          expect.stringContaining(syntax),
        ]);
        expect(await partsOf(response), path).toHaveLength(1);
      }
      // As they are stored they are given to who takes that.
      const frame = await dicomweb.get(`${address}/frames/1`, 'image/jpeg');
      expect(frame.headers.get('content-type')).toBe(`image/jpeg; transfer-syntax=${syntax}`);
    },
  );

  test('come as they are stored for who takes any syntax', async () => {
    const response = await dicomweb.get(study, 'multipart/related; type="application/dicom"; transfer-syntax=*');
    expect(response.status).toBe(200);
    const syntaxes = (await datasetsOf(response)).map(({ syntax }) => syntax);
    expect(syntaxes.sort()).toEqual([implicitLE, explicitLE, explicitBE, video]);
  });

  test('come each in the best syntax that is accepted', async () => {
    const accept = `multipart/related; type="application/dicom"; transfer-syntax=${video}, application/dicom;q=0.5`;
    expect((await dicomweb.get(study, accept)).status).toBe(200);
  });

  test('are refused to who cannot take them, naming the stored syntax', async () => {
    for (const accept of ['application/dicom', `application/dicom; transfer-syntax=${explicitLE}`]) {
      const response = await dicomweb.get(instance(4), accept);
      expect(response.status).toBe(406);
      expect(JSON.stringify(await response.json())).toContain(video);
    }
  });

  test('a film still goes to who takes anything', async () => {
    const response = await dicomweb.get(instance(4), 'application/dicom; transfer-syntax=*');
    expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${video}`);
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(-film.length)
        .equals(film),
    ).toBe(true);
    expect((await dicomweb.get(instance(4), '*/*')).status).toBe(200);
  });

  test('the same answer has the same bytes and the same strong ETag, and is not sent twice', async () => {
    const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
    const [one, two] = [await dicomweb.get(study, accept), await dicomweb.get(study, accept)];
    const etag = one.headers.get('etag') as string;
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(two.headers.get('etag')).toBe(etag);
    expect(Buffer.from(await one.arrayBuffer()).equals(Buffer.from(await two.arrayBuffer()))).toBe(true);
    expect((await dicomweb.get(study, accept, { 'if-none-match': etag })).status).toBe(304);
    expect(
      (await dicomweb.get(study, 'multipart/related; type="application/dicom"', { 'if-none-match': etag })).status,
    ).toBe(206);
  });

  test('samples of 32 bits in big endian are the same as frame, as bulk data and in the decoded instance', async () => {
    const of = { study: '1.97', series: '1.97.1', instance: '1.97.1.1' };
    const doses = Buffer.from(Uint32Array.from({ length: 256 }, (_, at) => 1_240_000 + 977 * at).buffer);
    const dataset = Buffer.concat([
      smallInstance(of).subarray(0, -(256 + 12 + 10)),
      explicit(0x00280100, 'US', us(32)),
      explicit(0x7fe00010, 'OW', Buffer.from(doses).swap32().swap16()),
    ]);
    // What is written as words turns each word; the words of a sample were put in big endian's order before.
    const bigEndian = serializeDataset(whole(dataset), { explicitVR: true, bigEndian: true });
    expect(bigEndian.subarray(-1024).equals(Buffer.from(doses).swap32())).toBe(true);
    expect(await dicomweb.stow([bigEndian, explicitBE])).toBe(200);
    const address = `/studies/${of.study}/series/${of.series}/instances/${of.instance}`;
    const octets = 'application/octet-stream';
    const bytesAt = async (path: string, accept = octets): Promise<Buffer> =>
      Buffer.from(await (await dicomweb.get(`${address}${path}`, accept)).arrayBuffer());
    expect((await bytesAt('/frames/1')).equals(doses)).toBe(true);
    expect((await bytesAt('/bulkdata/7FE00010')).equals(doses)).toBe(true);
    expect((await bytesAt('', `application/dicom; transfer-syntax=${explicitLE}`)).subarray(-1024).equals(doses)).toBe(
      true,
    );
  });

  test.each([
    ['left out', 'RGB', undefined, 200],
    ['more than there can be', 'MONOCHROME2', 65_535, 406],
  ] as const)('of Samples per Pixel %s are never part of a frame', async (_what, interpretation, samples, status) => {
    const of = { study: `1.98.${status}`, series: `1.98.${status}.1`, instance: `1.98.${status}.1.1` };
    const colour = Buffer.from(Array.from({ length: 768 }, (_, at) => at % 251));
    const dataset = smallInstance({ ...of, pixels: colour });
    const said = Buffer.concat([explicit(0x00280002, 'US', us(1)), explicit(0x00280004, 'CS', 'MONOCHROME2')]);
    const at = dataset.indexOf(said);
    const stored = Buffer.concat([
      dataset.subarray(0, at),
      samples === undefined ? Buffer.alloc(0) : explicit(0x00280002, 'US', us(samples)),
      explicit(0x00280004, 'CS', interpretation),
      dataset.subarray(at + said.length),
    ]);
    expect(await dicomweb.stow(stored)).toBe(200);
    const address = `/studies/${of.study}/series/${of.series}/instances/${of.instance}/frames/1`;
    const answer = await dicomweb.get(address, 'application/octet-stream');
    expect(answer.status).toBe(status);
    if (status === 200) expect(Buffer.from(await answer.arrayBuffer()).equals(colour)).toBe(true);
  });

  test('in Implicit VR under the name of a compressed syntax are decoded all the same', async () => {
    const dataset = smallInstance({ study: '1.9', series: '1.9.1', instance: '1.9.1.1' });
    const implicit = serializeDataset(whole(dataset), { explicitVR: false, bigEndian: false }).subarray(0, -(256 + 8));
    const pixels = ['e07f1000ffffffff', 'feff00e000000000'].map((hex) => Buffer.from(hex, 'hex'));
    const stored = [implicit, ...pixels, rleItem(7), Buffer.from('feffdde000000000', 'hex')];
    expect(await dicomweb.stow([Buffer.concat(stored), rle])).toBe(200);
    const response = await dicomweb.get('/studies/1.9', 'multipart/related; type="application/dicom"');
    const [part] = await datasetsOf(response);
    const said = essence(whole(part?.dataset as Buffer));
    expect(said['7FE00010']?.[1]).toBe('07'.repeat(256));
    expect(said['00100010']).toEqual(essence(whole(dataset))['00100010']);
  });

  test.each([
    [100, 406],
    [256, 200],
  ])('in a fragment of %i bytes under the name of a native syntax: %i', async (length, status) => {
    const of = { study: `1.99.${status}`, series: `1.99.${status}.1`, instance: `1.99.${status}.1.1` };
    const fragment = Buffer.from(Array.from({ length }, (_, at) => at % 251));
    const item = Buffer.from('feff00e000000000', 'hex');
    item.writeUInt32LE(length, 4);
    const pixels = [explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), Buffer.from('feff00e000000000', 'hex')];
    const end = Buffer.from('feffdde000000000', 'hex');
    const dataset = Buffer.concat([smallInstance(of).subarray(0, -(256 + 12)), ...pixels, item, fragment, end]);
    expect(await dicomweb.stow(dataset)).toBe(200);
    const address = `/studies/${of.study}/series/${of.series}/instances/${of.instance}/frames/1`;
    const answer = await dicomweb.get(address, 'application/octet-stream');
    expect(answer.status).toBe(status);
    if (status === 200) expect(Buffer.from(await answer.arrayBuffer()).equals(fragment)).toBe(true);
  });

  test('behind very many elements come though there is room in memory for that data set just once', async () => {
    const of = { study: '1.501', series: '1.501.1', instance: '1.501.1.1' };
    const element = explicit(0x00189074, 'DT', '20260101120000');
    const item = Buffer.concat([Buffer.from('feff00e000000000', 'hex'), element]);
    item.writeUInt32LE(element.length, 4);
    const groups = explicit(0x52009230, 'SQ', Buffer.concat(Array.from({ length: 6_000 }, () => item)));
    const pixels = [explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), Buffer.from('feff00e000000000', 'hex')];
    const end = Buffer.from('feffdde000000000', 'hex');
    const dataset = Buffer.concat([smallInstance(of).subarray(0, -(256 + 12)), groups, ...pixels, rleItem(7), end]);
    expect(groups.length).toBeGreaterThan(limits.dataset.heavyBytes);
    expect(await dicomweb.stow([dataset, rle])).toBe(200);
    // Who held one and waited for another would have it when the first counts no more; here none ever does.
    const { setTimeout } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, ms?: number, ...given: []) =>
      setTimeout(ms === limits.dataset.heldMs ? () => {} : act, ms, ...given)) as typeof setTimeout);
    const letGo = await beginHolding(limits.dataset.heldBytes - dataset.length - 1);
    try {
      const answer = await dicomweb.get(
        '/studies/1.501/pixeldata',
        'multipart/related; type="application/octet-stream"',
      );
      expect([answer.status, answer.headers.get('warning')]).toEqual([200, null]);
      const [part] = await partsOf(answer);
      expect(part?.bytes.equals(Buffer.alloc(256, 7))).toBe(true);
    } finally {
      letGo();
      vi.restoreAllMocks();
    }
  });

  test('with another number of fragments than frames come with as many frames as there are', async () => {
    const dataset = smallInstance({ study: '1.10', series: '1.10.1', instance: '1.10.1.1' });
    const at = dataset.indexOf(explicit(0x00280010, 'US', us(16)));
    const head = [dataset.subarray(0, at), explicit(0x00280008, 'IS', '3'), dataset.subarray(at, -(256 + 12))];
    const pixels = [explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), Buffer.from('feff00e000000000', 'hex')];
    const stored = [...head, ...pixels, rleItem(7), rleItem(8), Buffer.from('feffdde000000000', 'hex')];
    expect(await dicomweb.stow([Buffer.concat(stored), rle])).toBe(200);
    const response = await dicomweb.get('/studies/1.10', 'multipart/related; type="application/dicom"');
    const [part] = await datasetsOf(response);
    const said = essence(whole(part?.dataset as Buffer));
    expect(said['00280008']?.[1]).toBe('32pp');
    expect(said['7FE00010']?.[1]).toBe('07'.repeat(256) + '08'.repeat(256));
  });

  test('asked for by HEAD are told of, and not read', async () => {
    const root = `/dicom-web${instance(1)}`;
    const response = await dicomweb.get(root, 'application/dicom', {}, 'HEAD');
    const whole = await dicomweb.get(root, 'application/dicom');
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 0]);
    for (const name of ['etag', 'content-type', 'content-length'])
      expect(response.headers.get(name)).toBe(whole.headers.get(name));
  });

  test('come whole to several clients that take a series slowly, all at once', async () => {
    const series = '/studies/1.21/series/1.21.1';
    const sent = Array.from({ length: 20 }, (_, number) =>
      smallInstance({
        study: '1.21',
        series: '1.21.1',
        instance: `1.21.1.${number + 1}`,
        pixels: Buffer.alloc(900_000, number + 1),
      }),
    );
    expect(await dicomweb.stow(...sent)).toBe(200);
    const clients = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const response = await dicomweb.get(series, 'multipart/related; type="application/dicom"; transfer-syntax=*');
        return { response, reader: response.body!.getReader(), pieces: [] as Uint8Array[] };
      }),
    );
    // A piece of each in turn: what one has not taken yet is still in its socket's queue when the others are served.
    const digests = (datasets: readonly Buffer[]) =>
      datasets.map((dataset) => createHash('sha256').update(dataset).digest('hex')).toSorted();
    for (const open = new Set(clients); open.size > 0;)
      for (const client of open) {
        const { done, value } = await client.reader.read();
        if (done) open.delete(client);
        else client.pieces.push(value);
      }
    for (const { response, pieces } of clients) {
      const taken = new Response(Buffer.concat(pieces), { headers: response.headers });
      expect(digests((await datasetsOf(taken)).map(({ dataset }) => dataset))).toEqual(digests(sent));
    }
  });

  test('several do not come as a single part', async () => {
    expect((await dicomweb.get(study, 'application/dicom; transfer-syntax=*')).status).toBe(406);
    const other = await dicomweb.get(study, 'audio/midi');
    expect([other.status, await other.text()]).toEqual([406, expect.stringContaining('application/dicom')]);
  });

  test('one whose pixels are damaged is left out of its series, and refused alone, with the reason', async () => {
    const damaged = smallInstance({ study: '1.7', series: '1.7.1', instance: '1.7.1.1' }).subarray(0, -(256 + 12));
    const fragments = `feff00e000000000feff00e0080000000${'1'.repeat(15)}feffdde000000000`;
    const pixels = [explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), Buffer.from(fragments, 'hex')];
    const whole = smallInstance({ study: '1.7', series: '1.7.1', instance: '1.7.1.2' });
    expect(await dicomweb.stow([Buffer.concat([damaged, ...pixels]), rle], whole)).toBe(200);
    const response = await dicomweb.get('/studies/1.7/series/1.7.1', 'multipart/related; type="application/dicom"');
    expect([response.status, (await partsOf(response)).length]).toEqual([206, 1]);
    expect(response.headers.get('warning')).toContain(`stored as ${rle}`);
    for (const path of ['', '/frames/1']) {
      const alone = await dicomweb.get(`/studies/1.7/series/1.7.1/instances/1.7.1.1${path}`, '*/*');
      expect(alone.status).toBe(406);
      expect(((await alone.json()) as { detail: string }).detail).toMatch(
        /^stored as 1\.2\.840\.10008\.1\.2\.5 \(RLE Lossless\): ./,
      );
    }
  });
});

/** Files that are decoded here, one of each syntax, none of which another file calls by the same UID. */
const files = hasCorpus
  ? [...Map.groupBy(manifest(), (row) => row['transfer_syntax']).values()].flatMap((rows) => {
      const row = rows.find(
        ({ path = '', sop_instance_uid: uid, study_instance_uid: study, frames }) =>
          path.startsWith('syntax/') &&
          uid &&
          study &&
          Number(frames || 1) < 20 &&
          manifest().filter((other) => other['sop_instance_uid'] === uid).length === 1,
      );
      return row ? [row] : [];
    })
  : [];

describe.skipIf(!hasCorpus)('real files of every syntax', () => {
  const addressOf = (row: Readonly<Record<string, string>>): string =>
    `/studies/${row['study_instance_uid']}/series/${row['series_instance_uid']}/instances/${row['sop_instance_uid']}`;
  beforeAll(async () => {
    for (const { path = '', transfer_syntax: syntax = '' } of files)
      expect(await dicomweb.stow([datasetOf(corpusFile(path)), syntax]), path).toBe(200);
  });

  test('come decoded, their pixels one behind the other and everything else as it was', async () => {
    let decoded = 0;
    for (const row of files) {
      const syntax = transferSyntaxes.get(row['transfer_syntax'] as string);
      const response = await dicomweb.get(addressOf(row), 'multipart/related; type="application/dicom"');
      if (!syntax?.encapsulated || !syntax.decodeFrame) continue;
      expect(response.status, row['path']).toBe(200);
      decoded++;
      const [part] = await datasetsOf(response);
      expect(part?.syntax).toBe(explicitLE);
      const given = essence(whole(part?.dataset as Buffer));
      const stored = essence(whole(datasetOf(corpusFile(row['path'] as string))));
      const frames = Array.from({ length: Number(row['frames'] || 1) }, (_, at) => at + 1);
      const alone = await dicomweb.get(
        `${addressOf(row)}/frames/${frames}`,
        'multipart/related; type="application/octet-stream"',
      );
      const pixels = Buffer.concat((await partsOf(alone)).map(({ bytes }) => bytes)).toString('hex');
      const inDataset = given['7FE00010']?.[1] as string;
      expect(inDataset.slice(0, pixels.length - 2), row['path']).toBe(pixels.slice(0, -2));
      const isOfPixels = (tag: string) => /^(7FE0000[123]|7FE00010|0028(000[246]|010[0123]|2110))$/.test(tag);
      for (const tag of new Set([...Object.keys(given), ...Object.keys(stored)]))
        if (!isOfPixels(tag)) expect(given[tag], `${row['path']} ${tag}`).toEqual(stored[tag]);
      if (syntax.lossy) expect(given['00282110']?.[1], row['path']).toBe(Buffer.from('01').toString('hex'));
    }
    expect(decoded).toBeGreaterThan(10);
  });
});
