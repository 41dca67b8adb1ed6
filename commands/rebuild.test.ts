import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '#access/caller.ts';
import { openArchive } from '#archive/archive.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { limits } from '#settings/limits.ts';
import { type Arrival, type Ingest, openIngest } from '#archive/ingest.ts';
import { TakeBacks } from '#archive/take-backs.ts';
import { Problem } from '#archive/problems.ts';
import { uid } from '#dicom/data/uid.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import type { InstanceRecord } from '#index/instance-record.ts';
import { storeNumber } from '#index/objects.ts';
import { dropIndex } from '#index/rebuild.ts';
import { listRejections, restoreRejection } from '#index/rejections.ts';
import { InstanceWriter, type Written } from '#index/write.ts';
import { readSettings } from '#settings/settings.ts';
import { objectKey } from '#storage/keys.ts';
import { storageName } from '#storage/storage-name.ts';
import type { Storage } from '#storage/storage.ts';
import { corpusPath, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { rejectionNote } from '#tests/rejection-note.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { atLeast, shareOf, whichFiles } from '#tests/thorough.ts';

import { replayObjects } from './replay-objects.ts';
import { StoragePatience } from './storage-patience.ts';
import { runCommand, runProcess } from './test-command-line.ts';
import { type CommandSite, keysBelow, openCommandSite, putBytes, putObject } from './test-objects.ts';

let postgres: TestDatabase;
let site: CommandSite;
let directory: string;
let storage: Storage;
let environment: CommandSite['environment'];

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

beforeEach(async () => {
  site = await openCommandSite(postgres.url);
  ({ directory, storage } = site);
  environment = { ...site.environment, HTTP_PORT: '0', DIMSE_PORT: '0', ADMIN_PASSWORD: 'only for this test' };
  await postgres.database.pool.query(
    'TRUNCATE index.patient, index.study, index.series, index.instance, index.owed, index.derived, index.rejection, index.rejected, site.restored_rejection CASCADE',
  );
});
afterEach(() => site[Symbol.asyncDispose]());

const rebuild = () => runCommand(environment, 'rebuild');
const log = pino({ level: 'silent' });

async function rows<T extends object>(text: string): Promise<T[]> {
  return (await postgres.database.pool.query<T>(text)).rows;
}

const modality: Caller = {
  kind: 'device',
  name: 'CT1',
  rights: new Set(['store']),
  scope: { studies: 'all' },
  address: '10.0.0.5',
};

/** Stores instances as the doors do, and lets go of the database again. */
async function ingesting(use: (ingest: Ingest) => Promise<void>): Promise<void> {
  const { database } = postgres;
  await using writer = new InstanceWriter(postgres.url);
  const store = await storeNumber(database, storageName(environment['STORAGE_URL']!));
  await using pixels = new PixelPool(limits.pixels);
  await use(openIngest({ storage, store, writer, database, pixels, takeBacks: new TakeBacks({ database, log }), log }));
}

function arrival(dataset: Buffer, syntax = '1.2.840.10008.1.2.1'): Arrival {
  return {
    transferSyntaxUID: uid(syntax),
    dataset: inPieces(dataset, 1000),
    announced: {},
    door: 'C-STORE',
    callingAETitle: 'CT1',
  };
}

async function ingestFile(ingest: Ingest, path: string): Promise<void> {
  try {
    const { transferSyntaxUID, dataset } = await openPart10(createReadStream(path));
    await ingest({ transferSyntaxUID: uid(transferSyntaxUID), dataset, announced: {}, door: 'STOW-RS' }, modality);
  } catch (error) {
    // What was refused then is not there, before or after.
    if (!(error instanceof Problem) && !(error instanceof BadDataset)) throw error;
  }
}

/** Every way in which the same instance, study or patient can come again. */
async function ingestVariety(ingest: Ingest): Promise<void> {
  const other = Buffer.alloc(256, 9);
  const foreign: Caller = { ...modality, name: 'MR1', address: '10.0.0.6', defaultIssuer: 'ANOTHER HOSPITAL' };
  const replacing: Caller = { ...modality, onOtherBytes: 'replace' };
  const store = (dataset: Buffer, caller = modality) => ingest(arrival(dataset), caller);

  await store(smallInstance());
  await store(smallInstance());
  await store(smallInstance({ pixels: other }));
  await store(smallInstance({ instance: '1.2.3.4.6' }));
  // Replaced by its device; and not replaced, because the patient differs.
  await store(smallInstance({ study: '1.3', series: '1.3.1', instance: '1.3.1.1', pixels: other }));
  await store(smallInstance({ study: '1.3', series: '1.3.1', instance: '1.3.1.1' }), replacing);
  await store(smallInstance({ study: '1.3', series: '1.3.1', instance: '1.3.1.1', patientID: 'P9' }), replacing);
  // One SOP Instance UID in two studies, of which the second sorts before the first.
  await store(smallInstance({ study: '1.5', series: '1.5.1', instance: '1.5.1.1' }));
  await store(smallInstance({ study: '1.4', series: '1.4.1', instance: '1.5.1.1' }));
  await store(smallInstance({ study: '1.4', series: '1.4.1', instance: '1.4.1.2', studyDate: '20230202' }));
  // No Patient ID, twice; patients mixed in one study; a name that came second.
  await store(smallInstance({ study: '1.6', series: '1.6.1', instance: '1.6.1.1', patientID: '' }));
  await store(smallInstance({ study: '1.7', series: '1.7.1', instance: '1.7.1.1', patientID: '' }));
  await store(smallInstance({ study: '1.7', series: '1.7.2', instance: '1.7.2.1', patientID: 'P2', modality: 'SR' }));
  await store(smallInstance({ study: '1.8', series: '1.8.1', instance: '1.8.1.1', patientName: 'TRẦN^THỊ BÌNH' }));
  await store(smallInstance({ study: '1.8', series: '1.8.1', instance: '1.8.1.2', patientName: 'TRAN^THI BINH' }));
  // The same Patient ID of two issuers, by the devices' registry.
  await store(smallInstance({ study: '1.9', series: '1.9.1', instance: '1.9.1.1' }), foreign);
  await ingest(
    arrival(
      deflateRawSync(smallInstance({ study: '1.10', series: '1.10.1', instance: '1.10.1.1' })),
      '1.2.840.10008.1.2.1.99',
    ),
    modality,
  );
  // The same pixels in another syntax: a version that nobody has to look at.
  const twice = smallInstance({ study: '1.11', series: '1.11.1', instance: '1.11.1.1' });
  await store(twice);
  await ingest(arrival(toImplicit(twice), '1.2.840.10008.1.2'), modality);
}

/** Every way in which instances and the notes that reject them follow one another, and what people take back. */
async function ingestRejections(ingest: Ingest): Promise<void> {
  const store = (dataset: Buffer, caller = modality) => ingest(arrival(dataset), caller);
  const image = (last: number, more = {}) =>
    store(smallInstance({ study: '1.20', series: '1.20.1', instance: `1.20.1.${last}`, ...more }));
  const note = (last: number, code: string, ...images: number[]) =>
    store(
      rejectionNote({
        code,
        study: '1.20',
        instance: `1.20.900.${last}`,
        rejects: {
          '1.20': images.map((each) => ['1.20.1', `1.20.1.${each}`] as const),
          '1.19': [['1.19.1', '1.19.1.1']],
        },
      }),
    );
  const restore = (last: number) => restoreRejection(postgres.database, `1.20.900.${last}`, 'account admin');
  for (const last of [1, 2, 3, 4, 5, 6, 7]) await image(last);
  await note(1, '113001', 1, 2);
  await note(2, '113039', 2, 3, 4);
  // Named before it comes, in a study that sorts before; hidden for two reasons; wanted anew, with the same and with other bytes.
  await store(smallInstance({ study: '1.19', series: '1.19.1', instance: '1.19.1.1' }));
  for (const last of [1, 2, 3]) await image(last);
  await image(4, { pixels: Buffer.alloc(256, 1) });
  await note(3, '113037', 4, 5);
  await image(4, { pixels: Buffer.alloc(256, 2) });
  // Taken back; then what comes again is a version like any other.
  await note(4, '113039', 6);
  await restore(4);
  await image(6, { pixels: Buffer.alloc(256, 3) });
  await note(5, '113038', 7, 8);
  await image(7, { pixels: Buffer.alloc(256, 4) });
  await restore(5);
  await image(8);
  // A note that came twice, and one under its UID with other bytes.
  await note(1, '113001', 1, 2);
  await note(1, '113001', 1, 2, 3);
}

/** Explicit VR Little Endian without sequences as Implicit VR (PS3.5 A.1): tag, length of four bytes, value. */
function toImplicit(explicitVR: Buffer): Buffer {
  const elements: Buffer[] = [];
  for (let at = 0; at < explicitVR.length;) {
    const long = explicitVR.toString('latin1', at + 4, at + 6) === 'OB';
    const from = at + (long ? 12 : 8);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(long ? explicitVR.readUInt32LE(at + 8) : explicitVR.readUInt16LE(at + 6));
    elements.push(explicitVR.subarray(at, at + 4), length, explicitVR.subarray(from, from + length.readUInt32LE()));
    at = from + length.readUInt32LE();
  }
  return Buffer.concat(elements);
}

/** All that the archive answers: searches at every level, metadata of every study, bytes of every instance. */
async function allAnswers(): Promise<Record<string, unknown>> {
  const settings = { ...readSettings(environment), databaseUrl: postgres.url };
  await using archive = await openArchive({ settings, log, processes: () => [], onAdminPassword: () => {} });
  const authorization = `Basic ${Buffer.from('admin:only for this test').toString('base64')}`;
  const get = async (path: string, accept = 'application/dicom+json'): Promise<Buffer> => {
    const answer = await fetch(`${archive.addresses.http}dicom-web/${path}`, { headers: { authorization, accept } });
    expect([path, answer.status]).toEqual([path, 200]);
    return Buffer.from(await answer.arrayBuffer());
  };
  const list = async (path: string) =>
    JSON.parse((await get(path)).toString('utf8')) as Record<string, { Value: string[] }>[];
  /** Instances that nothing tells apart come in any order. */
  const sorted = (found: object[]) => found.map((one) => JSON.stringify(one)).sort();

  const answers: Record<string, unknown> = {};
  const instances = await list('instances?includefield=all&limit=5000');
  answers['instances'] = sorted(instances);
  answers['series'] = sorted(await list('series?includefield=all&limit=5000'));
  const studies = await list('studies?includefield=all&limit=5000');
  answers['studies'] = sorted(studies);
  for (const study of studies) {
    const path = `studies/${study['0020000D']?.Value[0]}`;
    answers[`${path}/metadata`] = sorted(await list(`${path}/metadata`));
  }
  for (const one of instances) {
    const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => one[tag]?.Value[0]);
    const path = `studies/${study}/series/${series}/instances/${instance}`;
    const bytes = await get(path, 'application/dicom; transfer-syntax=*');
    answers[path] = createHash('sha256').update(bytes).digest('hex');
  }
  return answers;
}

const allRows = () =>
  rows(
    `SELECT s.study_instance_uid, s.flags, s.received_at, p.issuer, p.patient_id, p.patient_name,
       (SELECT json_agg(to_json(t)->'other_patient_id' ORDER BY t.item) FROM index.other_patient_ids t WHERE t.study = s.id) AS numbers,
       (SELECT min(o.study_instance_uid) FROM index.study o WHERE o.patient = s.patient) AS first_of_patient,
       e.series_instance_uid, e.number_of_instances, i.sop_instance_uid, i.version, i.state, i.key, i.length, i.digest,
       i.received_at AS instance_received_at, i.pixel_offset, i.pixel_length, i.frames, o.door, o.calling_ae_title, o.address
     FROM index.instance i JOIN index.series e ON e.id = i.series JOIN index.study s ON s.id = e.study
     JOIN index.patient p ON p.id = s.patient JOIN index.source o ON o.id = i.source
     ORDER BY i.sop_instance_uid, i.version`,
  );

describe('lightbox rebuild', () => {
  test(`leaves every answer as it was: searches, metadata, bytes, versions, flags and patients, ${whichFiles}`, async () => {
    await ingesting(async (ingest) => {
      await ingestVariety(ingest);
      if (!hasCorpus) return;
      const files = shareOf(
        manifest().map(({ path }) => path as string),
        (path) => path,
      );
      for (const path of files) await ingestFile(ingest, corpusPath(path));
    });
    await putBytes(storage, objectKey('d', new Date()), Buffer.from('a thumbnail'));
    const before = { answers: await allAnswers(), rows: await allRows() };
    expect(before.rows.length).toBeGreaterThan(hasCorpus ? atLeast(300) : 15);
    expect(await rows(`SELECT flags FROM index.study WHERE study_instance_uid = '1.11'`)).toEqual([{ flags: [] }]);

    const { status, out } = await runProcess(environment, 'rebuild');
    expect(out).toContain(`The index was rebuilt from ${before.rows.length} objects`);
    expect(status).toBe(0);
    expect(await keysBelow(storage, 'd/')).toEqual([]);
    // The same password lets us in: what people entered has stayed.
    expect({ answers: await allAnswers(), rows: await allRows() }).toEqual(before);
  });

  test('leaves hidden what notes reject and shown what people restored, in whatever order they came', async () => {
    await ingesting(ingestRejections);
    const rejections = async () => (await listRejections(postgres.database, 100, undefined)).rejections;
    const before = { answers: await allAnswers(), rows: await allRows(), rejections: await rejections() };
    const states = new Map(
      before.rows
        .map((row) => row as Record<string, unknown>)
        .map((row) => [`${row['sop_instance_uid']} ${row['version']}`, row['state']]),
    );
    expect(Object.fromEntries(states)).toMatchObject({
      '1.19.1.1 1': 2,
      '1.20.1.1 1': 2,
      '1.20.1.2 1': 2,
      '1.20.1.3 1': 1,
      '1.20.1.3 2': 0,
      '1.20.1.4 2': 2,
      '1.20.1.5 1': 2,
      '1.20.1.6 1': 0,
      '1.20.1.6 2': 1,
      '1.20.1.7 1': 0,
      '1.20.1.8 1': 0,
      '1.20.900.1 1': 2,
    });
    const { status, out } = await rebuild();
    expect([status, out]).toEqual([0, expect.stringContaining('rejected, the notes that say so included')]);
    expect({ answers: await allAnswers(), rows: await allRows(), rejections: await rejections() }).toEqual(before);
    expect((await runCommand(environment, 'verify')).status).toBe(0);
  });

  test('gives each version the number it had, whoever came first', async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 7, 59, second));
    const version = (number: number, second: number) =>
      putObject(storage, {
        dataset: smallInstance({ pixels: Buffer.alloc(256, number) }),
        SOPInstanceUID: '1.2.3.4.5',
        began: at(second),
        information: { version: number },
      });
    const keys = [await version(1, 30), await version(2, 10), await version(3, 20)];
    expect((await rebuild()).status).toBe(0);
    expect(await rows('SELECT key, version, state FROM index.instance ORDER BY version')).toEqual([
      { key: keys[0], version: 1, state: 0 },
      { key: keys[1], version: 2, state: 1 },
      { key: keys[2], version: 3, state: 1 },
    ]);
  });

  test('lets a study show what came first, also when that took longer to come', async () => {
    const slow = new Date(Date.UTC(2026, 0, 5, 7, 59, 59));
    const quick = new Date(Date.UTC(2026, 0, 5, 8, 0, 1));
    const slowEnd = new Date(Date.UTC(2026, 0, 5, 8, 0, 5)).getTime() * 1000;
    const dataset = smallInstance({ patientName: 'SLOW' });
    await putObject(storage, { dataset, SOPInstanceUID: '1.2.3.4.5', began: slow, information: { order: slowEnd } });
    const second = smallInstance({ instance: '1.2.3.4.6', patientName: 'QUICK' });
    await putObject(storage, { dataset: second, SOPInstanceUID: '1.2.3.4.6', began: quick });
    expect((await rebuild()).status).toBe(0);
    expect(await rows('SELECT patient_name, flags FROM index.study')).toEqual([
      { patient_name: 'QUICK', flags: ['demographics-differ'] },
    ]);
  });

  test('lets a patient show what came first, also where a study that came later sorts before', async () => {
    // Several, so that some are written in one batch.
    const patients = Array.from({ length: 8 }, (_, number) => number);
    for (const number of patients)
      for (const [order, patientName] of ['FIRST', 'SECOND'].entries()) {
        const study = `1.${40 - order}.${number}`;
        const SOPInstanceUID = `${study}.1.1`;
        const patientID = `P${number}`;
        await putObject(storage, {
          dataset: smallInstance({ study, series: `${study}.1`, instance: SOPInstanceUID, patientID, patientName }),
          SOPInstanceUID,
          began: new Date(Date.UTC(2026, 0, 5, 7, order, number)),
        });
      }
    expect((await rebuild()).status).toBe(0);
    expect(await rows('SELECT patient_name FROM index.patient')).toEqual(
      patients.map(() => ({ patient_name: 'FIRST' })),
    );
  });

  test('writes studies of one patient that came by turns together once the first is there', async () => {
    const count = 40;
    for (let number = 0; number < count; number++) {
      const study = `1.${50 - (number % 2)}`;
      const SOPInstanceUID = `${study}.1.${number + 1}`;
      const patientName = number === 0 ? 'FIRST' : 'OTHER';
      await putObject(storage, {
        dataset: smallInstance({ study, series: `${study}.1`, instance: SOPInstanceUID, patientID: 'P1', patientName }),
        SOPInstanceUID,
        began: new Date(Date.UTC(2026, 0, 5, 7, 0, number)),
      });
    }
    const { database } = postgres;
    await using writer = new InstanceWriter(postgres.url);
    // All but the first three are held back until so many are on their way that none of them waits for another.
    const [free, together] = [3, 20];
    const held = Promise.withResolvers<void>();
    let begun = 0;
    const holding = {
      async write(record: InstanceRecord): Promise<Written> {
        const mine = ++begun;
        if (mine === free + together) held.resolve();
        if (mine > free) await held.promise;
        return await writer.write(record);
      },
    };
    const done: string[] = [];
    await replayObjects(
      {
        storage,
        patience: new StoragePatience(storage, { patienceMs: 0, onFirst() {} }),
        store: await storeNumber(database, storageName(environment['STORAGE_URL']!)),
        database,
        writer: holding,
      },
      { done: ({ key }) => void done.push(key), leftOut: () => {}, unfinished: () => {}, copy: () => {} },
    );
    expect(done).toHaveLength(count);
    expect(await rows('SELECT patient_name FROM index.patient')).toEqual([{ patient_name: 'FIRST' }]);
  });

  test('leaves out what is cut off or damaged, names each, and ends with status 1', async () => {
    const whole = await putObject(storage, { dataset: smallInstance(), SOPInstanceUID: '1.2.3.4.5' });
    const unfinished = objectKey('i', new Date());
    await putBytes(storage, unfinished, Buffer.alloc(5000));
    const headless = objectKey('i', new Date());
    await putBytes(storage, headless, Buffer.alloc(5000, 'x'));
    const dataset = smallInstance({ instance: '1.2.3.4.6' });
    const cut = await putObject(storage, {
      dataset,
      SOPInstanceUID: '1.2.3.4.6',
      information: { length: dataset.length + 10 },
    });
    const damaged = await putObject(storage, { dataset: dataset.fill(0xee, 100), SOPInstanceUID: '1.2.3.4.7' });
    const { status, out } = await rebuild();
    expect(status).toBe(1);
    expect(out).not.toContain(`left out: ${unfinished}`);
    expect(out).toContain('1 object never finished');
    expect(out).toContain(`left out: ${headless}  SOP Instance UID unknown  its head is damaged\n`);
    expect(out).toContain(`left out: ${cut}  1.2.3.4.6  cut off: 10 of its ${dataset.length + 10} bytes are missing\n`);
    expect(out).toContain(`left out: ${damaged}  1.2.3.4.7  not a data set any more: `);
    expect(out).toContain('3 objects left out');
    expect(await rows('SELECT key FROM index.instance')).toEqual([{ key: whole }]);
  });

  test('counts an object that repeats another one once', async () => {
    await putObject(storage, { dataset: smallInstance(), SOPInstanceUID: '1.2.3.4.5' });
    await putObject(storage, { dataset: smallInstance(), SOPInstanceUID: '1.2.3.4.5' });
    const { status, out } = await rebuild();
    expect([status, out]).toEqual([0, expect.stringContaining('1 object repeated another one')]);
    expect(await rows('SELECT number_of_instances FROM index.study')).toEqual([{ number_of_instances: 1 }]);
  });

  test('refuses while an archive uses the database, and changes nothing', async () => {
    await ingesting(async (ingest) => {
      await ingest(arrival(smallInstance()), modality);
      const { status, err } = await rebuild();
      expect(status).toBe(1);
      expect(err).toMatch(/^Lightbox uses this database \(lightbox ingest( on [^)]+)?\); stop it everywhere/);
      expect(await rows('SELECT key FROM index.instance')).toHaveLength(1);
    });
  });

  test('refuses a database of a newer version before the index is dropped', async () => {
    await ingesting(async (ingest) => void (await ingest(arrival(smallInstance()), modality)));
    await postgres.database.pool.query(`INSERT INTO site.migration (name, hash) VALUES ('9000-site-later.sql', '')`);
    try {
      const { status, err } = await rebuild();
      expect([status, err]).toEqual([1, expect.stringContaining('it has 9000-site-later.sql')]);
      expect(await rows('SELECT key FROM index.instance')).toHaveLength(1);
      expect((await runCommand(environment, 'verify')).status).toBe(0);
    } finally {
      await postgres.database.pool.query(`DELETE FROM site.migration WHERE name = '9000-site-later.sql'`);
    }
  });

  test('refuses when the storage is empty or missing and the index is not', async () => {
    await ingesting(async (ingest) => void (await ingest(arrival(smallInstance()), modality)));
    for (const missing of ['elsewhere', 'spool']) {
      if (missing === 'spool') await mkdir(join(directory, missing), { recursive: true });
      const { status, err } = await runCommand(
        { ...environment, STORAGE_URL: `file://${directory}/${missing}` },
        'rebuild',
      );
      expect([status, err]).toEqual([1, expect.stringContaining('Is the disk mounted?')]);
    }
    expect(await rows('SELECT key FROM index.instance')).toHaveLength(1);
  });

  test('that was interrupted keeps everything else from working on half an index, until it is run again', async () => {
    await putObject(storage, { dataset: smallInstance(), SOPInstanceUID: '1.2.3.4.5' });
    await dropIndex(postgres.database);
    for (const command of [['start'], ['verify'], ['token', 'create', 'his']]) {
      const { status, err } = await runProcess(environment, ...command);
      expect([command, status, err]).toEqual([
        command,
        1,
        expect.stringContaining('run "lightbox rebuild" to its end'),
      ]);
    }
    expect((await rebuild()).status).toBe(0);
    expect((await runCommand(environment, 'verify')).status).toBe(0);
  });
});
