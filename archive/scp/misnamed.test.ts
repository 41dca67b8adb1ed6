/** Data sets in another encoding than their presentation context says, by C-STORE, and what comes out of them. */
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { elementHeader, type Encoding } from '#dicom/file/element-header.ts';
import { parseWhole } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { limits } from '#settings/limits.ts';
import { explicit, secondaryCapture, smallInstance, us } from '#tests/dataset-bytes.ts';
import { explicitLE, identifier, implicitLE, models, retrieve } from './test-retrieval.ts';
import { startRetrievalArchive, type RetrievalArchive } from './test-retrieval.ts';

const explicitBE = uid('1.2.840.10008.1.2.2');
const deflated = uid('1.2.840.10008.1.2.1.99');
const rle = uid('1.2.840.10008.1.2.5');
const jpegLS = uid('1.2.840.10008.1.2.4.80');

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive();
});
afterAll(() => archive[Symbol.asyncDispose]());

let instances = 0;
/** Of which 16 x 16 samples of 16 bits are in little endian. */
function described(pixels: Buffer): { of: { study: string; series: string; instance: string }; dataset: Buffer } {
  const study = `1.7.${++instances}`;
  const of = { study, series: `${study}.1`, instance: `${study}.1.1` };
  const upToBits = smallInstance(of).subarray(0, -(256 + 12 + 10));
  return { of, dataset: Buffer.concat([upToBits, explicit(0x00280100, 'US', us(16)), pixels]) };
}
const samples = Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 37) % 251));
const store = (instance: string, transferSyntaxUID: typeof explicitLE, dataset: Buffer) =>
  archive.store([{ sopClassUID: uid(secondaryCapture), sopInstanceUID: uid(instance), transferSyntaxUID, dataset }]);

async function frame(of: { study: string; series: string; instance: string }): Promise<Buffer | number> {
  const { study, series, instance } = of;
  const address = `dicom-web/studies/${study}/series/${series}/instances/${instance}/frames/1`;
  const accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';
  const { authorization } = archive;
  const answer = await fetch(`${archive.web}${address}`, { headers: { authorization, accept } });
  if (answer.status !== 200) return answer.status;
  const body = Buffer.from(await answer.arrayBuffer());
  return body.subarray(body.indexOf('\r\n\r\n') + 4, body.lastIndexOf('\r\n--'));
}

const got = (study: string, syntax: string) =>
  retrieve(archive.port, {
    model: models.study.get,
    keys: identifier('STUDY', { study }),
    contexts: [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [syntax] }],
  });

const explicitLittle: Encoding = { explicitVR: true, bigEndian: false };
const encodings: Readonly<Record<string, Encoding>> = {
  [implicitLE]: { explicitVR: false, bigEndian: false },
  [explicitLE]: explicitLittle,
  [explicitBE]: { explicitVR: true, bigEndian: true },
};
const all = [implicitLE, explicitLE, explicitBE, deflated];

/** @param dataset  in Explicit VR Little Endian, without its pixels */
function written(dataset: Buffer, { explicitVR, bigEndian }: Encoding): Buffer {
  const head = serializeDataset(parseWhole(dataset, explicitLittle, limits.dataset), { explicitVR, bigEndian });
  const words = bigEndian ? Buffer.from(samples).swap16() : samples;
  return Buffer.concat([head, elementHeader(0x7fe00010, 'OW', words.length, explicitVR, bigEndian), words]);
}

test.each(all.flatMap((declared) => all.map((actual) => [declared, actual] as const)))(
  'announced as %s and written as %s has the same pixels on every way out',
  async (declared, actual) => {
    const { of, dataset } = described(Buffer.alloc(0));
    const bytes =
      actual === deflated ? deflateRawSync(written(dataset, explicitLittle)) : written(dataset, encodings[actual]!);
    await store(of.instance, declared, Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]));
    expect(await frame(of)).toEqual(samples);
    for (const syntax of [implicitLE, explicitLE]) {
      const { stored } = await got(of.study, syntax);
      expect(stored).toHaveLength(1);
      expect(stored[0]!.dataset.subarray(-512)).toEqual(samples);
    }
  },
);

describe('Pixel Data in fragments under the name of Explicit VR Little Endian', () => {
  const inFragment = (fragment: Buffer): Buffer => {
    const item = Buffer.from('feff00e000000000', 'hex');
    const filled = Buffer.from(item);
    filled.writeUInt32LE(fragment.length, 4);
    const end = Buffer.from('feffdde000000000', 'hex');
    return Buffer.concat([explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff), item, filled, fragment, end]);
  };

  test('as long as a frame is a frame, and goes out without fragments in Implicit VR', async () => {
    const { of, dataset } = described(inFragment(samples));
    await store(of.instance, explicitLE, dataset);
    expect(await frame(of)).toEqual(samples);
    const { stored } = await got(of.study, implicitLE);
    expect(stored[0]!.dataset.subarray(-512)).toEqual(samples);
    expect(stored[0]!.dataset.subarray(-520, -512)).toEqual(Buffer.from('e07f100000020000', 'hex'));
  });

  test('of any other length is no frame, and the others of its study go out', async () => {
    // What RLE would make of it begins with a header of 64 bytes.
    const { of, dataset } = described(inFragment(Buffer.concat([Buffer.alloc(64, 1), samples])));
    await store(of.instance, explicitLE, dataset);
    const other = smallInstance({ ...of, instance: `${of.instance}.2` });
    await store(`${of.instance}.2`, explicitLE, other);
    expect(await frame(of)).toBe(406);
    for (const syntax of [implicitLE, jpegLS, rle]) {
      const { status, failedUIDs, stored } = await got(of.study, syntax);
      expect(status).toBe(0xb000);
      expect(failedUIDs).toEqual([of.instance]);
      expect(stored.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([`${of.instance}.2`]);
    }
  });
});
