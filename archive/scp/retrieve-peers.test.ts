/** C-GET and C-MOVE with real files and with DCMTK, whose code shares nothing with ours. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isStorageSOPClass } from '#dicom/data/sop-class.ts';
import { isUid, uid } from '#dicom/data/uid.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { isInstalled } from '#tests/installed.ts';
import { startStorescp } from '#tests/storescp.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { openDestination } from './test-destination.ts';
import {
  explicitLE,
  identifier,
  implicitLE,
  models,
  retrieve,
  startRetrievalArchive,
  type RetrievalArchive,
  type StoredInstance,
} from './test-retrieval.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('getscu');

let archive: RetrievalArchive;
let directory: string;
beforeAll(async () => {
  archive = await startRetrievalArchive();
  directory = await mkdtemp(join(tmpdir(), 'lightbox-peers-'));
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

describe.skipIf(!hasCorpus)('every file of the corpus that C-STORE takes', () => {
  const stored = new Map<string, StoredInstance>();
  const studies = new Set<string>();

  beforeAll(async () => {
    for (const row of manifest()) {
      if (row['path']!.startsWith('broken/')) continue;
      const { sop_instance_uid = '', study_instance_uid = '', sop_class = '' } = row;
      if (!isUid(sop_instance_uid) || stored.has(sop_instance_uid) || !isUid(sop_class)) continue;
      const part10 = await openPart10(inPieces(corpusFile(row['path']!), 1 << 20));
      if (!transferSyntaxes.has(part10.transferSyntaxUID) || !isStorageSOPClass(sop_class)) continue;
      const pieces: Uint8Array[] = [];
      for await (const piece of part10.dataset) pieces.push(Buffer.from(piece));
      const dataset = Buffer.concat(pieces);
      const transferSyntaxUID = uid(part10.transferSyntaxUID);
      const instance = { sopClassUID: sop_class, sopInstanceUID: sop_instance_uid, transferSyntaxUID, dataset };
      if (dataset.length % 2 === 1) continue; // PS3.8 Annex E: it would be another data set
      try {
        await archive.store([instance]);
      } catch {
        continue; // broken, or of two minds about its UIDs
      }
      stored.set(sop_instance_uid, instance);
      studies.add(study_instance_uid);
    }
    expect(stored.size).toBeGreaterThan(250);
  });

  const key = () => identifier('STUDY', { study: [...studies].filter(isUid).join('\\') });
  const expectAll = (received: readonly { sopInstanceUID: string; transferSyntaxUID: string; dataset: Buffer }[]) => {
    const different = received.filter(({ sopInstanceUID, transferSyntaxUID, dataset }) => {
      const sent = stored.get(sopInstanceUID);
      return sent?.transferSyntaxUID !== transferSyntaxUID || !sent.dataset.equals(dataset);
    });
    expect(different.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([]);
    expect(received.length).toBe(stored.size);
  };

  test('comes back as it was sent by C-MOVE, over as many contexts as that takes', async () => {
    await using destination = await openDestination({ aeTitle: 'CORPUS' });
    await archive.addDevice('CORPUS', destination.port);
    const { status, failedUIDs } = await retrieve(archive.port, {
      model: models.study.move,
      keys: key(),
      destination: 'CORPUS',
    });
    expect([status, failedUIDs]).toEqual([0, []]);
    expectAll(destination.received);
  });

  test('comes back as it was sent by C-GET', async () => {
    const pairs = [...stored.values()].map((each) => `${each.sopClassUID} ${each.transferSyntaxUID}`);
    const contexts = [...new Set(pairs)].map((pair) => {
      const [sopClass = '', syntax = ''] = pair.split(' ');
      return { abstractSyntax: uid(sopClass), transferSyntaxes: [syntax] };
    });
    const received = [];
    // One association has room for 127 of them; what finds no context on it fails, and comes with the next.
    for (let at = 0; at < contexts.length; at += 127) {
      const some = contexts.slice(at, at + 127);
      received.push(...(await retrieve(archive.port, { model: models.study.get, keys: key(), contexts: some })).stored);
    }
    expectAll(
      received.filter(
        ({ sopInstanceUID, transferSyntaxUID }) => stored.get(sopInstanceUID)?.transferSyntaxUID === transferSyntaxUID,
      ),
    );
  });

  test('comes decoded, or is said to have failed, where only Implicit VR Little Endian is taken', async () => {
    await using destination = await openDestination({
      aeTitle: 'PLAIN',
      takes: ({ uid: each }) => each === implicitLE,
    });
    await archive.addDevice('PLAIN', destination.port);
    const { counts, failedUIDs } = await retrieve(archive.port, {
      model: models.study.move,
      keys: key(),
      destination: 'PLAIN',
    });
    const { received } = destination;
    const [, completed = 0, failed = 0] = counts.at(-1)!;
    expect(completed + failed).toBe(stored.size);
    expect(new Set([...received.map(({ sopInstanceUID }) => sopInstanceUID), ...failedUIDs]).size).toBe(stored.size);
    const decodable = [...stored.values()].filter(({ transferSyntaxUID }) => {
      const { encapsulated, decodeFrame } = transferSyntaxes.get(transferSyntaxUID)!;
      return !encapsulated || decodeFrame;
    });
    // Files of the corpus that are damaged within their pixels.
    expect(decodable.length - completed).toBeLessThan(15);
  });
});

describe.skipIf(withoutDcmtk)('DCMTK', () => {
  const small = Array.from({ length: 12 }, (_, at) => ({
    sopClassUID: uid(secondaryCapture),
    sopInstanceUID: uid(`5.1.1.${at + 1}`),
    transferSyntaxUID: explicitLE,
    dataset: smallInstance({ study: '5.1', series: '5.1.1', instance: `5.1.1.${at + 1}`, patientID: 'DCMTK' }),
  }));
  beforeAll(() => archive.store(small));

  const ask = ['-aet', 'DCMTK', '-aec', 'LIGHTBOX', '-k', '0008,0052=STUDY', '-k', '0020,000D=5.1'];
  /** Files that hold the data sets, each behind file meta information of its receiver. */
  async function expectFiles(folder: string) {
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
    const found = small.filter(({ dataset }) => files.some((file) => file.subarray(-dataset.length).equals(dataset)));
    expect([files.length, found.length]).toEqual([12, 12]);
  }

  test('getscu gets every instance, byte by byte', async () => {
    const folder = join(directory, 'getscu');
    await mkdir(folder);
    await run('getscu', ['-S', '+B', '-od', folder, ...ask, '127.0.0.1', String(archive.port)]);
    await expectFiles(folder);
  });

  test('movescu has them moved to storescp, byte by byte', async () => {
    await using storescp = await startStorescp(['-aet', 'STORESCP', '+B']);
    await archive.addDevice('STORESCP', storescp.port);
    const move = ['-S', '-d', '-aem', 'STORESCP', ...ask, '127.0.0.1', String(archive.port)];
    const { stderr, stdout } = await run('movescu', move);
    const said = stdout + stderr;
    expect(said).toMatch(/Completed Suboperations\s*:\s*12/);
    expect(said).toContain('0x0000: Success');
    await expectFiles(storescp.folder);
  });
});
