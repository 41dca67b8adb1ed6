/** The commands that talk to other DICOM applications, as a person types them: with DCMTK on the other side, and ourselves. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDevices } from '#access/devices.ts';
import { openDestination } from '#archive/scp/test-destination.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { hasDcmqrscp, startDcmqrscp, type RunningDcmqrscp } from '#tests/dcmqrscp.ts';
import { freePort } from '#tests/free-port.ts';
import { startStorescp } from '#tests/storescp.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

import { startOldArchive } from './pull/test-old-archive.ts';
import { type Ran, runCommand } from './test-command-line.ts';

const ctImage = '1.2.840.10008.5.1.4.1.1.2';

let directory: string;
let archive: WholeArchive;
let ours: string;
/** Study Instance UIDs of the files below `directory`, of two studies of three slices. */
const studies: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-peers-'));
  archive = await startWholeArchive();
  ours = `LIGHTBOX@127.0.0.1:${archive.dimsePort}`;
  for (const number of [1, 2]) {
    await mkdir(join(directory, String(number)));
    for (const [at, { attributes }] of [...ctSeries({ seed: 'peers', number, slices: 3 })].entries()) {
      await writeFile(join(directory, String(number), `${at}.dcm`), dicomFile(attributes));
      if (at === 0) studies.push(String(attributes['StudyInstanceUID']));
    }
  }
  await writeFile(join(directory, '2', 'README.txt'), 'not an image\n');
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const lightbox = (...args: string[]): Promise<Ran> => runCommand({}, ...args);
const count = async (study: string): Promise<number> => {
  const { rows } = await archive.postgres.database.pool.query<{ count: number }>(
    `SELECT coalesce(sum(number_of_instances), 0)::integer AS count FROM index.study WHERE study_instance_uid = $1`,
    [study],
  );
  return rows[0]!.count;
};

describe.skipIf(!hasDcmqrscp)('with dcmqrscp on the other side', () => {
  let dcmqrscp: RunningDcmqrscp;
  beforeAll(async () => {
    dcmqrscp = await startDcmqrscp({ LIGHTBOX: archive.dimsePort });
  });
  afterAll(() => dcmqrscp[Symbol.asyncDispose]());

  test('echo says how long the answer took', async () => {
    const { status, out } = await lightbox('echo', dcmqrscp.named);
    expect([status, out]).toEqual([0, expect.stringMatching(/^DCMQR answered after \d+ ms\.\n$/)]);
  });

  test('what is sent is found, level by level, and moved to us', async () => {
    const sent = await lightbox('send', dcmqrscp.named, directory);
    expect(sent).toEqual({
      status: 0,
      err: '',
      out: expect.stringMatching(/passed over: .*README.txt {2}not a DICOM file\n[^]* {2}6 images sent to DCMQR\n/),
    });
    const found = await lightbox('find', dcmqrscp.named, `StudyInstanceUID=${studies.join('\\')}`);
    expect([found.status, found.err]).toEqual([0, '2 matches\n']);
    expect(found.out.split('\n')[0]).toMatch(/^StudyDate +StudyTime +ModalitiesInStudy .*StudyInstanceUID$/);
    for (const study of studies) expect(found.out).toContain(study);

    const series = await lightbox(
      'find',
      dcmqrscp.named,
      '--level',
      'series',
      `StudyInstanceUID=${studies[0]}`,
      '--json',
    );
    const [match] = series.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, { Value?: string[] }>);
    expect(match?.['00080060']?.Value).toEqual(['CT']);

    expect(await count(studies[0]!)).toBe(0);
    const moved = await lightbox('move', dcmqrscp.named, '--to', 'LIGHTBOX', `StudyInstanceUID=${studies[0]}`);
    expect(moved).toEqual({ status: 0, err: '', out: '3 images moved\n' });
    expect([await count(studies[0]!), await count(studies[1]!)]).toEqual([3, 0]);
  });

  test('a destination that it does not know is named, with what to do', async () => {
    const { status, err } = await lightbox('move', dcmqrscp.named, '--to', 'NOBODY', `StudyInstanceUID=${studies[0]}`);
    expect([status, err]).toEqual([
      1,
      'DCMQR answered A801 move destination unknown. Register NOBODY there, with its address and port.\n',
    ]);
  });
});

/** What stands behind the file meta information, which ends where its group length says (PS3.10 7.1). */
const datasetOf = (file: Buffer): Buffer => file.subarray(144 + file.readUInt32LE(140));

test.skipIf(!hasDcmqrscp)('storescp keeps the very bytes that were sent', async () => {
  await using storescp = await startStorescp(['-aet', 'STORESCP', '+B']);
  const { status, out } = await lightbox('send', `STORESCP@127.0.0.1:${storescp.port}`, join(directory, '1'));
  expect([status, out]).toEqual([0, expect.stringContaining('  3 images sent to STORESCP\n')]);
  const kept = await Promise.all((await storescp.files()).map((name) => readFile(join(storescp.folder, name))));
  const files = await Promise.all([0, 1, 2].map((at) => readFile(join(directory, '1', `${at}.dcm`))));
  const byBytes = (a: Buffer, b: Buffer) => a.compare(b);
  expect(kept.map(datasetOf).sort(byBytes)).toEqual(files.map(datasetOf).sort(byBytes));
});

describe('a device that takes other transfer syntaxes only', () => {
  const [implicitLE, rle, jpegLossless] = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.70'];
  const fileOf = (instance: string, TransferSyntaxUID: string, dataset: Buffer) =>
    Buffer.concat([
      fileHead({ MediaStorageSOPClassUID: ctImage, MediaStorageSOPInstanceUID: instance, TransferSyntaxUID }),
      dataset,
    ]);

  test('is sent images compressed without loss, and decoded, as C-MOVE would', async () => {
    await using compressing = await openDestination({ aeTitle: 'RLE', takes: ({ uid }) => uid === rle });
    const sent = await lightbox('send', `RLE@127.0.0.1:${compressing.port}`, join(directory, '1'));
    expect([sent.status, sent.out]).toEqual([0, expect.stringContaining('  3 images sent to RLE\n')]);
    expect(compressing.received.map(({ transferSyntaxUID }) => transferSyntaxUID)).toEqual([rle, rle, rle]);

    const folder = join(directory, 'compressed');
    await mkdir(folder);
    for (const { sopInstanceUID, dataset } of compressing.received)
      await writeFile(join(folder, sopInstanceUID), fileOf(sopInstanceUID, rle, dataset));
    await using plain = await openDestination({ aeTitle: 'PLAIN', takes: ({ uid }) => uid === implicitLE });
    const decoded = await lightbox('send', `PLAIN@127.0.0.1:${plain.port}`, folder);
    expect([decoded.status, decoded.out]).toEqual([0, expect.stringContaining('  3 images sent to PLAIN\n')]);
    for (const [at, { attributes }] of [...ctSeries({ seed: 'peers', number: 1, slices: 3 })].entries()) {
      const original = await readFile(join(directory, '1', `${at}.dcm`));
      const pixelBytes = 2 * Number(attributes['Rows']) * Number(attributes['Columns']);
      const got = plain.received.find(({ sopInstanceUID }) => sopInstanceUID === attributes['SOPInstanceUID']);
      expect(got?.transferSyntaxUID).toBe(implicitLE);
      // Pixel Data is the last element.
      expect(got?.dataset.subarray(-pixelBytes).equals(original.subarray(-pixelBytes))).toBe(true);
    }
  });

  test('is sent a file whose name is no UTF-8', async () => {
    const folder = join(directory, 'old names');
    await mkdir(folder);
    const name = Buffer.from([...Buffer.from(`${folder}/phim`), 0xe9]);
    await writeFile(name, await readFile(join(directory, '1', '0.dcm')));
    await using compressing = await openDestination({ aeTitle: 'RLE', takes: ({ uid }) => uid === rle });
    const { status, out } = await lightbox('send', `RLE@127.0.0.1:${compressing.port}`, folder);
    expect([status, out]).toEqual([0, expect.stringContaining('  1 image sent to RLE\n')]);
  });

  test('and a file that cannot be decoded are named, with the reason; it costs no other file', async () => {
    const folder = join(directory, 'undecodable');
    await mkdir(folder);
    const head = smallInstance({ instance: '1.2.3.4.6' });
    const noPixels = head.subarray(0, head.indexOf(Buffer.from('e07f1000', 'hex')));
    const fragments = 'e07f10004f420000fffffffffeff00e000000000feff00e00400000001020304feffdde000000000';
    const dataset = Buffer.concat([noPixels, Buffer.from(fragments, 'hex')]);
    await writeFile(join(folder, 'a'), fileOf('1.2.3.4.6', jpegLossless, dataset));
    await writeFile(join(folder, 'b'), await readFile(join(directory, '1', '0.dcm')));
    await using plain = await openDestination({ aeTitle: 'PLAIN', takes: ({ uid }) => uid === implicitLE });
    const { status, out } = await lightbox('send', `PLAIN@127.0.0.1:${plain.port}`, folder);
    expect([status, plain.received.length]).toEqual([1, 1]);
    expect(out).toMatch(/failed: .*\/a {2}PLAIN takes no JPEG Lossless.*, and it cannot be written otherwise: ./);
  });
});

test('our own archive is asked, moved from, and cancelled when enough has come', async () => {
  await lightbox('send', ours, join(directory, '2'));
  expect(await count(studies[1]!)).toBe(3);
  const images = ['find', ours, '--level', 'image', `StudyInstanceUID=${studies[1]}`];
  const [{ uid } = { uid: '' }] = (
    await archive.postgres.database.pool.query<{ uid: string }>(
      `SELECT series_instance_uid AS uid FROM index.series e JOIN index.study s ON s.id = e.study WHERE study_instance_uid = $1`,
      [studies[1]],
    )
  ).rows;
  const all = await lightbox(...images, `SeriesInstanceUID=${uid}`, '--json');
  expect([all.status, all.err, all.out.trim().split('\n').length]).toEqual([0, '3 matches\n', 3]);
  const some = await lightbox(...images, `SeriesInstanceUID=${uid}`, '--json', '--limit', '1');
  expect([some.status, some.err, some.out.trim().split('\n').length]).toEqual([0, '1 match; there may be more\n', 1]);

  const none = await lightbox('find', ours, 'PatientName=nobody-is-called-so');
  expect(none).toEqual({ status: 0, out: '', err: '0 matches\n' });
});

test('a destination that takes no more is told image by image, and the status is 1', async () => {
  await addDevices({
    database: archive.postgres.database.pool,
    devices: [{ aeTitle: 'NOWHERE', host: '127.0.0.1', port: await freePort() }],
  });
  await lightbox('send', ours, join(directory, '2'));
  const { status, out, err } = await lightbox('move', ours, '--to', 'NOWHERE', `StudyInstanceUID=${studies[1]}`);
  expect(status).toBe(1);
  expect(out.match(/^failed: /gm)).toHaveLength(3);
  expect(out).toContain('0 images moved, 3 failed\n');
  expect(err).toMatch(/^LIGHTBOX answered A702 out of resources.*ECONNREFUSED.*Look into the logs of both sides\.\n$/);
});

test('what another archive names as a UID and is none steers no terminal', async () => {
  const named = new Map([[tagOf('FailedSOPInstanceUIDList'), '1.2.3\\1.2.4\u001b]0;taken over\u0007']]);
  const moved = async ({ transferSyntax }: Request) => ({
    status: 0xa702,
    suboperations: { completed: 0, failed: 2, warning: 0 },
    identifier: serializeDataset(queryIdentifier('STUDY', named), transferSyntaxes.get(transferSyntax)!),
  });
  await using old = await startOldArchive({ [studyRoot.move]: { 'C-MOVE-RQ': moved } });
  const { status, out } = await lightbox('move', old.named, '--to', 'LIGHTBOX', `StudyInstanceUID=${studies[0]}`);
  expect([status, out]).toEqual([1, 'failed: 1.2.3\n0 images moved, 2 failed\n']);
});

test('a file that is cut off is named with the reason, costs no other file, and makes the status 1', async () => {
  const folder = join(directory, 'odd');
  await mkdir(folder);
  const [{ attributes } = { attributes: {} }] = ctSeries({ seed: 'odd', number: 1, slices: 1 });
  const file = dicomFile(attributes);
  await writeFile(join(folder, 'a-good.dcm'), file);
  await writeFile(join(folder, 'b-cut.dcm'), file.subarray(0, 200));
  const { status, out } = await lightbox('send', ours, folder);
  expect(status).toBe(1);
  expect(out).toMatch(/failed: .*b-cut\.dcm {2}.*the file ends inside its meta information/);
  expect(out).toContain('  1 image sent to LIGHTBOX\n');
  expect(out).toContain('  1 file failed, as listed above\n');
});

test('every cause of no association is said with what to do', async () => {
  const port = await freePort();
  expect(await lightbox('echo', `PACS@127.0.0.1:${port}`)).toEqual({
    status: 1,
    out: '',
    err: `Nothing listens at 127.0.0.1:${port}. Check the port, and that DICOM is switched on there.\n`,
  });
  const { err: called } = await lightbox('echo', `WRONG@127.0.0.1:${archive.dimsePort}`);
  expect(called).toContain('is not called WRONG. Look up its AE title there');
  const http = new URL(archive.dicomweb).port;
  const { err: hungUp } = await lightbox('echo', `PACS@127.0.0.1:${http}`);
  expect(hungUp).toContain('hung up. It may not be DICOM');
});

test('a command line that cannot be meant so is refused with the usage', async () => {
  for (const [args, why] of [
    [['echo', 'PACS'], 'name the other side as AET@host:port'],
    [['find', ours, 'PatientNam=X'], '"PatientNam" is no attribute'],
    [['find', ours, '--level', 'room'], '"room" is no level'],
    [['move', ours, '--to', 'LIGHTBOX'], 'name what to move'],
    [['send', ours], 'name the files or directories to send'],
  ] as const) {
    const { status, err } = await lightbox(...args);
    expect([status, err]).toEqual([2, expect.stringContaining(why)]);
  }
});
