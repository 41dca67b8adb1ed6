import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Uid } from '#dicom/data/uid.ts';
import { limits } from '#settings/limits.ts';
import { identifier, models, retrieve } from './test-retrieval.ts';
import {
  below,
  bytesOf,
  captures,
  small,
  startArchiveOfStudies,
  study,
  type ArchiveOfStudies,
} from './test-studies.ts';

let archive: ArchiveOfStudies;
beforeAll(async () => {
  archive = await startArchiveOfStudies();
});
afterEach(() => archive.closeDevices());
afterAll(() => archive[Symbol.asyncDispose]());

describe('relational retrieval', () => {
  const byImage = {
    model: models.study.get,
    keys: identifier('IMAGE', { image: '4.1.1.1\\4.3.2.2' }),
    contexts: captures,
  };

  test('needs no unique keys above the level', async () => {
    const { status, stored } = await retrieve(archive.port, { ...byImage, extended: [1, 1] });
    expect(status).toBe(0);
    expect(stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(['4.1.1.1', '4.3.2.2']);
  });

  test('takes lists of UIDs above the level', async () => {
    const keys = identifier('SERIES', { study: '4.1\\4.2', series: '4.1.1\\4.3.1' });
    const { stored } = await retrieve(archive.port, { ...byImage, keys, extended: [1] });
    expect(stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(below('4.1.1.'));
  });

  test('is refused where it was not negotiated', async () => {
    expect(await retrieve(archive.port, { ...byImage, extended: [0, 1] })).toMatchObject({
      status: 0xa900,
      stored: [],
    });
  });
});

describe('instances are found by the unique keys of a level', () => {
  const { patient, study: studyRoot, patientStudy } = models;
  const asked: [string, { get: Uid; move: Uid }, Buffer, string[]][] = [
    ['a patient', patient, identifier('PATIENT', { patient: 'A' }), ['4.1', '4.2']],
    ['a patient’s study', patient, identifier('STUDY', { patient: 'A', study: '4.1' }), ['4.1']],
    ['a study of a patient without ID', patient, identifier('STUDY', { patient: '', study: '4.1' }), ['4.1']],
    ['a study of another patient', patient, identifier('STUDY', { patient: 'B', study: '4.1' }), []],
    [
      'a patient’s image',
      patient,
      identifier('IMAGE', { patient: 'A', study: '4.1', series: '4.1.2', image: '4.1.2.1' }),
      ['4.1.2.1'],
    ],
    ['a study', studyRoot, study('4.2'), ['4.2']],
    ['several studies', studyRoot, study('4.3\\4.1\\9.9'), ['4.1', '4.3']],
    ['a series', studyRoot, identifier('SERIES', { study: '4.1', series: '4.1.2' }), ['4.1.2']],
    ['several series', studyRoot, identifier('SERIES', { study: '4.1', series: '4.1.2\\4.1.1' }), ['4.1']],
    ['a series of another study', studyRoot, identifier('SERIES', { study: '4.1', series: '4.2.1' }), []],
    [
      'several images',
      studyRoot,
      identifier('IMAGE', { study: '4.1', series: '4.1.1', image: '4.1.1.2\\4.1.1.1' }),
      ['4.1.1'],
    ],
    ['a study that is not here', studyRoot, study('9.9'), []],
    ['a patient, patient/study only', patientStudy, identifier('PATIENT', { patient: 'B' }), ['4.3']],
  ];

  test.each(asked)('%s, by C-GET and by C-MOVE', async (_what, model, keys, expected) => {
    const uids = expected.flatMap(below).sort();
    const got = await archive.get(model.get, keys);
    expect(got.stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(uids);
    for (const { sopInstanceUID, dataset } of got.stored)
      expect(dataset.equals(bytesOf.get(sopInstanceUID)!)).toBe(true);
    expect([got.status, got.counts.at(-1)]).toEqual([0, [undefined, uids.length, 0, 0]]);

    const { received, aeTitle } = await archive.device();
    const moved = await archive.move(aeTitle, keys, { model: model.move });
    expect(received.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(uids);
    for (const { sopInstanceUID, dataset, command } of received) {
      expect(dataset.equals(bytesOf.get(sopInstanceUID)!)).toBe(true);
      expect(command).toMatchObject({ MoveOriginatorApplicationEntityTitle: 'ASKS', MoveOriginatorMessageID: 1 });
    }
    expect([moved.status, moved.counts.at(-1)]).toEqual([0, [undefined, uids.length, 0, 0]]);
    for (const counts of [...got.counts, ...moved.counts].filter(([remaining]) => remaining !== undefined))
      expect(counts.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(uids.length);
    expect(moved.counts.length).toBe(uids.length === 0 ? 1 : 2);
  });

  test('a patient’s ID is read in the character set that the device is registered with', async () => {
    await archive.store([small('4.5', '4.5.1', '4.5.1.1', 'BŁ1')]);
    await archive.postgres.database.pool.query(
      `INSERT INTO site.device (ae_title, host, state, character_set)
       VALUES ('LATIN', '127.0.0.1', 'approved', 'ISO_IR 101')`,
    );
    const patientId = identifier('PATIENT', { patient: 'B?1' });
    // Ł of Latin-2.
    patientId[patientId.indexOf('?')] = 0xa3;
    const { stored } = await archive.get(patient.get, patientId, { callingAETitle: 'LATIN' });
    expect(stored.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['4.5.1.1']);
  });

  test.each([
    ['without a level', studyRoot, identifier('', { study: '4.1' }), 'no Query/Retrieve Level (0008,0052)'],
    [
      'at a level that the model has not',
      studyRoot,
      identifier('PATIENT', { patient: 'A' }),
      'Study Root has no such Query/Retrieve Level',
    ],
    ['without the key of its level', studyRoot, study(''), 'level STUDY needs a StudyInstanceUID'],
    ['without a key', studyRoot, identifier('STUDY', {}), 'level STUDY needs a StudyInstanceUID'],
    [
      'without the key of a level above',
      studyRoot,
      identifier('SERIES', { series: '4.1.1' }),
      'level SERIES needs one StudyInstanceUID',
    ],
    [
      'with several keys of a level above',
      studyRoot,
      identifier('SERIES', { study: '4.1\\4.2', series: '4.1.1' }),
      'level SERIES needs one StudyInstanceUID',
    ],
    [
      'of a patient without ID',
      patient,
      identifier('PATIENT', { patient: '' }),
      'level PATIENT needs one Patient ID (0010,0020)',
    ],
    [
      'of several patients',
      patient,
      identifier('PATIENT', { patient: 'A\\B' }),
      'level PATIENT needs one Patient ID (0010,0020)',
    ],
    ['with a wildcard', studyRoot, study('4.*'), 'StudyInstanceUID has a value that is no UID'],
    [
      'of an image, patient/study only',
      patientStudy,
      identifier('IMAGE', {}),
      'Patient/Study Only (Retired) has no such Query/Retrieve Level',
    ],
  ])('a request %s is refused with A900', async (_what, model, keys, errorComment) => {
    const refusal = { status: 0xa900, errorComment: errorComment.slice(0, 64), stored: [] };
    expect(await archive.get(model.get, keys)).toMatchObject(refusal);
    const { received, aeTitle } = await archive.device();
    expect(await archive.move(aeTitle, keys, { model: model.move })).toMatchObject(refusal);
    expect(received).toEqual([]);
  });
});

describe('of many instances', () => {
  const count = 20_000;
  /** In reading order. */
  const uids = Array.from({ length: count }, (_, at) => `4.8.1.${at + 1}`);
  const image = (from: number, to: number) =>
    identifier('IMAGE', { study: '4.8', series: '4.8.1', image: uids.slice(from, to).join('\\') });
  const query = (text: string, values: unknown[] = []) => archive.postgres.database.pool.query(text, values);

  beforeAll(async () => {
    await archive.store([small('4.8', '4.8.1', uids[0]!, 'F')]);
    const { rows } = await query(
      `SELECT string_agg(quote_ident(column_name), ', ') AS same FROM information_schema.columns WHERE table_schema = 'index'
        AND table_name = 'instance' AND column_name NOT IN ('id', 'sop_instance_uid', 'instance_number')`,
    );
    const { same } = rows[0] as { same: string };
    await query(
      `INSERT INTO index.instance (sop_instance_uid, instance_number, ${same})
        SELECT uid, n, ${same} FROM index.instance, unnest($1::text[]) WITH ORDINALITY u (uid, n)
        WHERE sop_instance_uid = $2 AND n > 1`,
      [uids, uids[0]],
    );
    await query('UPDATE index.instance SET instance_number = 1 WHERE sop_instance_uid = $1', [uids[0]]);
  });

  test('only some are in memory at a time', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const used = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const cancel = new AbortController();
    const before = used();
    let during = 0;
    const got = await archive.get(models.study.get, study('4.8'), {
      signal: cancel.signal,
      answer(at) {
        if (at === 0) during = used();
        cancel.abort();
        return { status: 0 };
      },
    });
    const [remaining = 0, completed = 0] = got.counts.at(-1)!;
    expect([got.status, remaining + completed]).toEqual([0xfe00, count]);
    // Their rows take more than twice as much.
    expect((during - before) / 1e6).toBeLessThan(5);
  });

  test('each comes once and in its order, over another association too', async () => {
    const { received, exchanges, aeTitle } = await archive.device({
      answer(at, destination) {
        if (at === 150) destination.exchanges[0]!.abort('no more');
        return { status: 0 };
      },
    });
    const moved = await archive.move(aeTitle, image(0, 250));
    expect(received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(uids.slice(0, 250));
    expect([exchanges.length, moved.counts.at(-1)]).toEqual([2, [undefined, 249, 1, 0]]);
  });

  test('are all sent though PostgreSQL ends the connection that reads them', async () => {
    const lock = await archive.postgres.database.pool.connect();
    const { received, aeTitle } = await archive.device({
      async answer(at) {
        if (at === 0) await lock.query('BEGIN; LOCK TABLE index.instance');
        return { status: 0 };
      },
    });
    const moving = archive.move(aeTitle, image(0, 250));
    const waiting = () =>
      lock.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
    await expect.poll(async () => (await waiting()).rowCount).toBe(1);
    await lock.query('ROLLBACK');
    lock.release();
    expect((await moving).status).toBe(0);
    expect(received).toHaveLength(250);
  });

  test('those that cannot be read from the index end the retrieval, and the association with the destination', async () => {
    const { received, exchanges, aeTitle } = await archive.device({
      async answer(at) {
        if (at === 0) await query('ALTER TABLE index.instance RENAME TO instance_away');
        return { status: 0 };
      },
    });
    const moved = await archive.move(aeTitle, image(0, 250));
    await query('ALTER TABLE index.instance_away RENAME TO instance');
    expect(moved.status).toBe(0x0110);
    expect(received).toHaveLength(limits.retrieve.rowsAtOnce);
    await exchanges[0]!.over;
  });

  test('what is rejected meanwhile is not sent, and does not count', async () => {
    const got = await archive.get(models.study.get, image(1000, 1250), {
      async answer(at) {
        if (at === 0) await query('UPDATE index.instance SET state = 1 WHERE sop_instance_uid = $1', [uids[1240]]);
        return { status: 0 };
      },
    });
    expect(got.stored.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(
      uids.slice(1000, 1250).filter((each) => each !== uids[1240]),
    );
    expect([got.status, got.counts[0], got.counts.at(-1)]).toEqual([0, [250, 0, 0, 0], [undefined, 249, 0, 0]]);
  });
});
