import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Uid, uid } from '#dicom/data/uid.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { limits } from '#settings/limits.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { freePort } from '#tests/free-port.ts';
import { listenSilently } from '#tests/silent-peer.ts';
import {
  explicitLE,
  identifier,
  implicitLE,
  models,
  openDestination,
  retrieve,
  startRetrievalArchive,
  type RetrievalArchive,
  type Retrieving,
  type StoredInstance,
  type TestDestination,
} from './test-retrieval.ts';

/** Two studies of one patient, one of another: each with two series of two instances, and a last one with forty. */
const small = (study: string, series: string, instance: string, patientID: string): StoredInstance => ({
  sopClassUID: uid(secondaryCapture),
  sopInstanceUID: uid(instance),
  transferSyntaxUID: explicitLE,
  dataset: smallInstance({ study, series, instance, patientID }),
});
const twoSeries = (study: string, patient: string) =>
  ['1', '2'].flatMap((series) =>
    ['1', '2'].map((image) => small(study, `${study}.${series}`, `${study}.${series}.${image}`, patient)),
  );
const many = Array.from({ length: 40 }, (_, at) => small('4.4', '4.4.1', `4.4.1.${at + 1}`, 'MANY'));
const all = [...twoSeries('4.1', 'A'), ...twoSeries('4.2', 'A'), ...twoSeries('4.3', 'B'), ...many];
const bytesOf = new Map(all.map(({ sopInstanceUID, dataset }) => [sopInstanceUID as string, dataset]));
const below = (prefix: string) => [...bytesOf.keys()].filter((each) => each.startsWith(prefix)).sort();
const captures = [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLE] }];

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive();
  await archive.store(all);
});
afterAll(() => archive[Symbol.asyncDispose]());

const destinations: TestDestination[] = [];
afterEach(async () => {
  for (const destination of destinations.splice(0)) await destination[Symbol.asyncDispose]();
});

let devices = 0;
/** A device of its own in the registry. */
async function device(of: Omit<Parameters<typeof openDestination>[0], 'aeTitle'> = {}) {
  const aeTitle = `STORE${++devices}`;
  const destination = await openDestination({ aeTitle, ...of });
  destinations.push(destination);
  await archive.addDevice(aeTitle, destination.port);
  return { ...destination, aeTitle };
}

const get = (model: Uid, keys: Buffer, more: Partial<Retrieving> = {}) =>
  retrieve(archive.port, { model, keys, contexts: captures, ...more });
const move = (destination: string, keys: Buffer, more: Partial<Retrieving> = {}) =>
  retrieve(archive.port, { model: models.study.move, keys, destination, ...more });
const study = (uids: string) => identifier('STUDY', { study: uids });

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
    const got = await get(model.get, keys);
    expect(got.stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(uids);
    for (const { sopInstanceUID, dataset } of got.stored)
      expect(dataset.equals(bytesOf.get(sopInstanceUID)!)).toBe(true);
    expect([got.status, got.counts.at(-1)]).toEqual([0, [undefined, uids.length, 0, 0]]);

    const { received, aeTitle } = await device();
    const moved = await move(aeTitle, keys, { model: model.move });
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
    expect(await get(model.get, keys)).toMatchObject(refusal);
    const { received, aeTitle } = await device();
    expect(await move(aeTitle, keys, { model: model.move })).toMatchObject(refusal);
    expect(received).toEqual([]);
  });
});

describe('C-MOVE', () => {
  test('to a device that the registry does not know is refused with A801', async () => {
    const refused = { status: 0xa801, errorComment: 'move destination is not in the device registry' };
    expect(await move('NOBODY', study('4.1'))).toMatchObject(refused);
    expect(await move('', study('4.1'))).toMatchObject(refused);
  });

  test('counts failures and warnings, and names the instances that failed', async () => {
    const { received, aeTitle } = await device({
      answer: (at) => [{ status: 0 }, { status: 0xa700, errorComment: 'full' }, { status: 0xb007 }, { status: 0 }][at]!,
    });
    const moved = await move(aeTitle, study('4.1'));
    expect(moved).toMatchObject({ status: 0xb000, errorComment: 'A700 full' });
    expect(moved.counts.at(-1)).toEqual([undefined, 2, 1, 1]);
    expect(moved.failedUIDs).toEqual([received[1]!.sopInstanceUID]);
  });

  test('of which nothing arrives ends with A702 and says why', async () => {
    const failsWith = async (aeTitle: string, errorComment: string) => {
      const moved = await move(aeTitle, study('4.1'));
      expect(moved).toMatchObject({ status: 0xa702, errorComment });
      expect(moved.counts.at(-1)).toEqual([undefined, 0, 4, 0]);
      expect(moved.failedUIDs.sort()).toEqual(below('4.1'));
    };
    await failsWith((await device({ answer: () => ({ status: 0xc123 }) })).aeTitle, 'status C123');
    await failsWith((await device({ takes: () => false })).aeTitle, 'peer takes no Secondary Capture Image Storage');
    await archive.addDevice('AWAY', await freePort());
    await failsWith('AWAY', 'destination: connection closed (ECONNREFUSED)');
    await archive.addDevice('STRANGER', archive.port); // another title than ours
    await failsWith('STRANGER', 'destination rejected: result 1, source 1, reason 7');
  });

  test('sends what the destination takes: as stored, or turned into the uncompressed syntax that it knows', async () => {
    const { received, aeTitle } = await device({ takes: ({ uid: each }) => each === implicitLE });
    expect(await move(aeTitle, study('4.1'))).toMatchObject({ status: 0 });
    expect(received.map(({ transferSyntaxUID }) => transferSyntaxUID)).toEqual(Array(4).fill(implicitLE));
    // Implicit VR: tag, length of four bytes, value.
    expect(received[0]!.dataset.toString('hex', 0, 8)).toBe('080005000a000000');
    expect(received[0]!.dataset.subarray(-264).toString('hex', 0, 10)).toBe('e07f1000000100000707');
  });

  test('goes on with the rest where the destination ends the association in the middle', async () => {
    const { received, exchanges, aeTitle } = await device({
      answer(at, destination) {
        if (at === 1) destination.exchanges[0]!.abort('no more');
        return { status: 0 };
      },
    });
    const moved = await move(aeTitle, study('4.1'));
    expect(moved.status).toBe(0xb000);
    expect(moved.counts.at(-1)).toEqual([undefined, 3, 1, 0]);
    expect(moved.failedUIDs).toEqual([received[1]!.sopInstanceUID]);
    expect(exchanges.length).toBe(2);
  });

  test('is given up where the destination ends every association', async () => {
    const { exchanges, aeTitle } = await device({
      answer(_at, destination) {
        destination.exchanges.at(-1)!.abort('never');
        return { status: 0 };
      },
    });
    const moved = await move(aeTitle, study('4.4'));
    expect(moved.status).toBe(0xa702);
    expect(moved.counts.at(-1)).toEqual([undefined, 0, 40, 0]);
    expect(exchanges.length).toBe(4);
  });

  test('is stopped by C-CANCEL, also while a destination does not answer, and says what is left', async () => {
    const cancel = new AbortController();
    const never = new Promise<never>(() => {});
    const { received, aeTitle } = await device({
      answer(at) {
        if (at < 3) return { status: 0 };
        cancel.abort();
        return never;
      },
    });
    const moved = await move(aeTitle, study('4.4'), { signal: cancel.signal });
    expect(moved.status).toBe(0xfe00);
    expect(moved.counts.at(-1)).toEqual([36, 3, 1, 0]);
    expect(received.length).toBe(4);
  });

  test('is stopped by C-CANCEL at once, also while a destination does not answer the association', async () => {
    await using silent = await listenSilently();
    await archive.addDevice('SILENT', silent.port);
    const cancel = new AbortController();
    const moving = move('SILENT', study('4.4'), { signal: cancel.signal });
    await silent.connected();
    const cancelledAt = performance.now();
    cancel.abort();
    const moved = await moving;
    expect([moved.status, moved.counts.at(-1)]).toEqual([0xfe00, [40, 0, 0, 0]]);
    // To wait for the association would take a quarter of a minute.
    expect(performance.now() - cancelledAt).toBeLessThan(5_000);
  });

  test('ends when the requestor is gone', async () => {
    const asking = Promise.withResolvers<{ abort(why: string): void }>();
    const { exchanges, received, aeTitle } = await device({
      async answer(at) {
        if (at === 2) (await asking.promise).abort('gone');
        return at < 2 ? { status: 0 } : new Promise<never>(() => {});
      },
    });
    const moved = move(aeTitle, study('4.4'), { opened: (exchange) => asking.resolve(exchange) });
    await expect(moved).rejects.toThrow(AssociationLost);
    await exchanges[0]!.over;
    expect(received.length).toBe(3);
  });

  test('to a destination that does not answer keeps nobody else waiting', async () => {
    const cancel = new AbortController();
    const stuck = Promise.withResolvers<void>();
    const slow = await device({
      answer() {
        stuck.resolve();
        return new Promise<never>(() => {});
      },
    });
    const waiting = move(slow.aeTitle, study('4.4'), { signal: cancel.signal });
    await stuck.promise;
    const quick = await device();
    expect((await move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    expect((await get(models.study.get, study('4.4'))).stored.length).toBe(40);
    cancel.abort();
    expect((await waiting).status).toBe(0xfe00);
  });

  test('as many to one destination as there may be leave room for every other', async () => {
    const cancel = new AbortController();
    const held = await device({ answer: () => new Promise<never>(() => {}) });
    const { atOncePerDestination, atOnce } = limits.retrieve;
    const asked = Array.from({ length: atOnce }, () => move(held.aeTitle, study('4.1'), { signal: cancel.signal }));
    // Those that are refused come back; the others are held.
    const refused: string[] = [];
    const all = Promise.withResolvers<void>();
    for (const one of asked)
      void one.then(({ errorComment = '' }) => {
        refused.push(errorComment);
        if (refused.length === atOnce - atOncePerDestination) all.resolve();
      });
    await all.promise;
    expect(new Set(refused)).toEqual(new Set(['too many moves to this destination at this moment']));
    const quick = await device();
    expect((await move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    cancel.abort();
    expect((await Promise.all(asked)).filter(({ status }) => status === 0xfe00)).toHaveLength(atOncePerDestination);
  });

  test('to several that hang hold no place that another one, or a C-GET, needs', async () => {
    const cancel = new AbortController();
    const { atOncePerDestination, atOnce } = limits.retrieve;
    let held = 0;
    const allHeld = Promise.withResolvers<void>();
    const asked: ReturnType<typeof move>[] = [];
    for (let at = 0; at < atOnce / atOncePerDestination; at++) {
      const hung = await device({
        answer() {
          if (++held === atOnce) allHeld.resolve();
          return new Promise<never>(() => {});
        },
      });
      const one = () => move(hung.aeTitle, study('4.1'), { signal: cancel.signal });
      asked.push(...Array.from({ length: atOncePerDestination }, one));
    }
    await allHeld.promise;
    const quick = await device();
    expect((await move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    expect((await get(models.study.get, study('4.4'))).stored.length).toBe(40);
    cancel.abort();
    expect((await Promise.all(asked)).every(({ status }) => status === 0xfe00)).toBe(true);
  });

  test('and C-GET are one access record each, which names the destination', async () => {
    const { aeTitle } = await device();
    const from = archive.lines.length;
    await move(aeTitle, study('4.1\\4.2'));
    await get(models.study.get, study('4.3'));
    expect(archive.lines.slice(from).filter(({ action }) => action === 'retrieve')).toMatchObject([
      { door: 'C-MOVE', caller: 'device ASKS', destination: aeTitle, StudyInstanceUID: '4.1\\4.2', count: 8 },
      { door: 'C-GET', caller: 'device ASKS', StudyInstanceUID: '4.3', count: 4 },
    ]);
  });
});

describe('C-GET', () => {
  test('sends nothing on contexts for which the requestor did not take the SCP role', async () => {
    for (const more of [{ noRoles: true }, { contexts: [] }]) {
      const got = await get(models.study.get, study('4.1'), more);
      expect(got).toMatchObject({
        status: 0xa702,
        errorComment: 'peer takes no Secondary Capture Image Storage',
        stored: [],
      });
      expect(got.failedUIDs.sort()).toEqual(below('4.1'));
    }
  });

  test('counts what the requestor refuses', async () => {
    const got = await get(models.study.get, study('4.1'), { answer: (at) => ({ status: at === 0 ? 0xb000 : 0xa900 }) });
    expect(got.status).toBe(0xb000);
    expect(got.counts.at(-1)).toEqual([undefined, 0, 3, 1]);
  });

  test('is stopped by C-CANCEL, and says what is left', async () => {
    const cancel = new AbortController();
    const got = await get(models.study.get, study('4.4'), {
      signal: cancel.signal,
      answer(at) {
        if (at === 4) cancel.abort();
        return { status: 0 };
      },
    });
    expect(got.status).toBe(0xfe00);
    const [remaining = 0, completed = 0] = got.counts.at(-1)!;
    expect(completed).toBe(got.stored.length);
    expect(remaining + completed).toBe(40);
    expect(completed).toBeLessThan(8);
  });

  test('has several instances under way where the requestor performs so many operations at once', async () => {
    let running = 0;
    let most = 0;
    const three = Promise.withResolvers<void>();
    const got = await get(models.study.get, study('4.4'), {
      asynchronousOperations: { invoked: 1, performed: 3 },
      async answer() {
        most = Math.max(most, ++running);
        if (running === 3) three.resolve();
        await three.promise;
        running--;
        return { status: 0 };
      },
    });
    expect([got.status, got.stored.length, most]).toEqual([0, 40, 3]);
  });

  test('leaves out an instance whose object is damaged, and sends the others', async () => {
    const uids = [uid('4.5.1'), uid('4.5.2'), uid('4.5.3')];
    await archive.store(uids.map((each) => small('4.5', '4.5.0', each, 'D')));
    const { rows } = await archive.postgres.database.pool.query<{ key: string }>(
      'SELECT key FROM index.instance WHERE sop_instance_uid = $1',
      ['4.5.2'],
    );
    await truncate(join(archive.directory, 'objects', rows[0]!.key), 1100);
    const got = await get(models.study.get, study('4.5'));
    expect(got).toMatchObject({
      status: 0xb000,
      errorComment: 'the stored object cannot be read',
      failedUIDs: ['4.5.2'],
    });
    expect(got.stored.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['4.5.1', '4.5.3']);
  });

  test('sends an object that is longer than what is kept in memory', async () => {
    const uids = [uid('4.6.1'), uid('4.6.2')];
    const large = uids.map((each, at) => ({
      ...small('4.6', '4.6.0', each, 'E'),
      dataset: smallInstance({ study: '4.6', series: '4.6.0', instance: each, pixels: Buffer.alloc(5e6 + 2 * at, 9) }),
    }));
    await archive.store(large);
    const got = await get(models.study.get, study('4.6'));
    expect(got.stored.map(({ dataset }, at) => dataset.equals(large[at]!.dataset))).toEqual([true, true]);
  });

  test('sends a data set of odd length with one byte of padding', async () => {
    const even = smallInstance({ study: '4.7', series: '4.7.1', instance: '4.7.1.1', pixels: Buffer.alloc(100, 1) });
    even.writeUInt32LE(99, even.length - 104);
    await archive.stow(even.subarray(0, -1));
    const got = await get(models.study.get, study('4.7'));
    expect(got.stored.map(({ dataset }) => dataset.toString('hex', dataset.length - 3))).toEqual(['010100']);
    expect(got.stored[0]!.dataset.length).toBe(even.length);
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
    const got = await get(models.study.get, study('4.8'), {
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
    const { received, exchanges, aeTitle } = await device({
      answer(at, destination) {
        if (at === 150) destination.exchanges[0]!.abort('no more');
        return { status: 0 };
      },
    });
    const moved = await move(aeTitle, image(0, 250));
    expect(received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(uids.slice(0, 250));
    expect([exchanges.length, moved.counts.at(-1)]).toEqual([2, [undefined, 249, 1, 0]]);
  });

  test('are all sent though PostgreSQL ends the connection that reads them', async () => {
    const lock = await archive.postgres.database.pool.connect();
    const { received, aeTitle } = await device({
      async answer(at) {
        if (at === 0) await lock.query('BEGIN; LOCK TABLE index.instance');
        return { status: 0 };
      },
    });
    const moving = move(aeTitle, image(0, 250));
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
    const { received, exchanges, aeTitle } = await device({
      async answer(at) {
        if (at === 0) await query('ALTER TABLE index.instance RENAME TO instance_away');
        return { status: 0 };
      },
    });
    const moved = await move(aeTitle, image(0, 250));
    await query('ALTER TABLE index.instance_away RENAME TO instance');
    expect(moved.status).toBe(0x0110);
    expect(received).toHaveLength(limits.retrieve.rowsAtOnce);
    await exchanges[0]!.over;
  });

  test('what is rejected meanwhile is not sent, and does not count', async () => {
    const got = await get(models.study.get, image(1000, 1250), {
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
