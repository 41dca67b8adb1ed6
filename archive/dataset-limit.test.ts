/** `DATASET_MIB` at each door: what is longer is refused precisely, leaves nothing behind, and takes nothing else with it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { archiveAt, explicitLE, startRetrievalArchive, type RetrievalArchive } from './scp/test-retrieval.ts';

const mostBytes = 1024 ** 2;

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive({ DATASET_MIB: '1' });
});
afterAll(() => archive[Symbol.asyncDispose]());

/** A data set of exactly so many bytes. */
function datasetOf(instance: string, bytes: number): Buffer {
  const of = { study: '5.1', series: '5.1.1', instance };
  const rest = smallInstance({ ...of, pixels: Buffer.alloc(0) }).length;
  return smallInstance({ ...of, pixels: Buffer.alloc(bytes - rest, 3) });
}
const isKept = async (instance: string): Promise<boolean> => {
  const { rows } = await archive.postgres.database.pool.query(
    'SELECT FROM index.instance WHERE sop_instance_uid = $1',
    [instance],
  );
  return rows.length > 0;
};
const objects = async (): Promise<number> => {
  const entries = await readdir(join(archive.directory, 'objects'), { recursive: true, withFileTypes: true });
  // Not the mark of the store.
  return entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).length;
};

test('C-STORE of more is answered with A700 and the limit, and the association goes on', async () => {
  const exchange = await connectExchange({
    ...archiveAt(archive.port),
    contexts: [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLE] }],
  });
  const send = (instance: string, bytes: number) =>
    store(exchange, {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLE,
      dataset: [datasetOf(instance, bytes)],
    });
  const before = await objects();
  const refused = { status: 0xa700, errorComment: 'more than 1048576 bytes' };
  expect(await send('5.1.1.1', mostBytes + 2)).toEqual(refused);
  expect(await send('5.1.1.1', 20 * mostBytes)).toEqual(refused);
  expect([await isKept('5.1.1.1'), await objects()]).toEqual([false, before]);
  expect(await send('5.1.1.2', mostBytes)).toMatchObject({ status: 0 });
  expect(await isKept('5.1.1.2')).toBe(true);
  await exchange.release();
});

describe('STOW-RS of more', () => {
  const file = (instance: string, bytes: number): Buffer => {
    const named = { MediaStorageSOPClassUID: secondaryCapture, MediaStorageSOPInstanceUID: instance };
    return Buffer.concat([fileHead({ ...named, TransferSyntaxUID: explicitLE }), datasetOf(instance, bytes)]);
  };
  const partOf = (body: Buffer): Buffer =>
    Buffer.concat([Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'), body]);
  const multipart = 'multipart/related; type="application/dicom"; boundary=b';
  async function post(type: string, body: Buffer) {
    const response = await fetch(`${archive.web}dicom-web/studies`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { authorization: archive.authorization, 'content-type': type, accept: 'application/dicom+json' },
    });
    return { status: response.status, report: (await response.json()) as Record<string, { Value?: unknown[] }> };
  }
  const refusalOf = (instance: string) => [
    {
      '00081150': { vr: 'UI', Value: [secondaryCapture] },
      '00081155': { vr: 'UI', Value: [instance] },
      '00081197': { vr: 'US', Value: [0xa700] },
    },
  ];

  test.each([
    ['as the only part', multipart, (body: Buffer) => Buffer.concat([partOf(body), Buffer.from('\r\n--b--')])],
    ['as the whole request', 'application/dicom', (body: Buffer) => body],
  ])('%s is answered with 413, and Failure Reason A700', async (_how, type, bodyOf) => {
    const before = await objects();
    const { status, report } = await post(type, bodyOf(file('5.1.1.3', 3 * mostBytes)));
    expect([status, report['00081198']?.Value]).toEqual([413, refusalOf('5.1.1.3')]);
    expect([await isKept('5.1.1.3'), await objects()]).toEqual([false, before]);
  });

  test('among others takes none of them with it', async () => {
    const parts = [file('5.1.1.4', 2000), file('5.1.1.5', mostBytes + 2), file('5.1.1.6', mostBytes)].map(partOf);
    const { status, report } = await post(multipart, Buffer.concat([...parts, Buffer.from('\r\n--b--')]));
    expect([status, report['00081198']?.Value]).toEqual([202, refusalOf('5.1.1.5')]);
    const kept = await Promise.all(['5.1.1.4', '5.1.1.5', '5.1.1.6'].map(isKept));
    expect(kept).toEqual([true, false, true]);
  });
});
