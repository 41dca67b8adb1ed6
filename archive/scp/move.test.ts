import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { limits } from '#settings/limits.ts';
import { freePort } from '#tests/free-port.ts';
import { listenSilently } from '#tests/silent-peer.ts';
import { implicitLE, models, retrieve, startRetrievalArchive } from './test-retrieval.ts';
import { below, small, startArchiveOfStudies, study, type ArchiveOfStudies } from './test-studies.ts';

let archive: ArchiveOfStudies;
beforeAll(async () => {
  archive = await startArchiveOfStudies();
});
afterEach(() => archive.closeDevices());
afterAll(() => archive[Symbol.asyncDispose]());

describe('C-MOVE', () => {
  test('to a device that the registry does not know is refused with A801', async () => {
    const refused = { status: 0xa801, errorComment: 'move destination is not in the device registry' };
    expect(await archive.move('NOBODY', study('4.1'))).toMatchObject(refused);
    expect(await archive.move('', study('4.1'))).toMatchObject(refused);
  });

  test('counts failures and warnings, and names the instances that failed', async () => {
    const { received, aeTitle } = await archive.device({
      answer: (at) => [{ status: 0 }, { status: 0xa700, errorComment: 'full' }, { status: 0xb007 }, { status: 0 }][at]!,
    });
    const moved = await archive.move(aeTitle, study('4.1'));
    expect(moved).toMatchObject({ status: 0xb000, errorComment: 'A700 full' });
    expect(moved.counts.at(-1)).toEqual([undefined, 2, 1, 1]);
    expect(moved.failedUIDs).toEqual([received[1]!.sopInstanceUID]);
  });

  test('of which nothing arrives ends with A702 and says why', async () => {
    const failsWith = async (aeTitle: string, errorComment: string) => {
      const moved = await archive.move(aeTitle, study('4.1'));
      expect(moved).toMatchObject({ status: 0xa702, errorComment });
      expect(moved.counts.at(-1)).toEqual([undefined, 0, 4, 0]);
      expect(moved.failedUIDs.sort()).toEqual(below('4.1'));
    };
    await failsWith((await archive.device({ answer: () => ({ status: 0xc123 }) })).aeTitle, 'status C123');
    await failsWith(
      (await archive.device({ knows: () => false })).aeTitle,
      'peer takes no Secondary Capture Image Storage',
    );
    // 64 characters are all that an Error Comment has.
    await failsWith(
      (await archive.device({ takes: () => false })).aeTitle,
      'peer has no syntax of ours for Secondary Capture Image Storage',
    );
    await archive.addDevice('AWAY', await freePort());
    await failsWith('AWAY', 'destination: connection closed (ECONNREFUSED)');
    await archive.addDevice('STRANGER', archive.port); // another title than ours
    await failsWith('STRANGER', 'destination rejected: called AE title not recognized');
  });

  test('to a device that cannot be looked up, for the database does not answer, ends with A702 and says so', async () => {
    const { pool } = archive.postgres.database;
    await archive.addDevice('LOOKED_UP', await freePort());
    await pool.query(
      `ALTER TABLE site.device RENAME TO away;
       CREATE FUNCTION site.gone() RETURNS boolean LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'the connection was ended for the test' USING ERRCODE = '57P01'; END $$;
       CREATE VIEW site.device AS SELECT * FROM site.away WHERE ae_title <> 'LOOKED_UP' OR site.gone()`,
    );
    try {
      const refused = { status: 0xa702, errorComment: 'the database does not answer' };
      expect(await archive.move('LOOKED_UP', study('4.1'))).toMatchObject(refused);
    } finally {
      await pool.query('DROP VIEW site.device; DROP FUNCTION site.gone(); ALTER TABLE site.away RENAME TO device');
    }
  });

  test('sends what the destination takes: as stored, or turned into the uncompressed syntax that it knows', async () => {
    const { received, aeTitle } = await archive.device({ takes: ({ uid: each }) => each === implicitLE });
    expect(await archive.move(aeTitle, study('4.1'))).toMatchObject({ status: 0 });
    expect(received.map(({ transferSyntaxUID }) => transferSyntaxUID)).toEqual(Array(4).fill(implicitLE));
    // Implicit VR: tag, length of four bytes, value.
    expect(received[0]!.dataset.toString('hex', 0, 8)).toBe('080005000a000000');
    expect(received[0]!.dataset.subarray(-264).toString('hex', 0, 10)).toBe('e07f1000000100000707');
  });

  test('goes on with the rest where the destination ends the association in the middle', async () => {
    const { received, exchanges, aeTitle } = await archive.device({
      answer(at, destination) {
        if (at === 1) destination.exchanges[0]!.abort('no more');
        return { status: 0 };
      },
    });
    const moved = await archive.move(aeTitle, study('4.1'));
    expect(moved.status).toBe(0xb000);
    expect(moved.counts.at(-1)).toEqual([undefined, 3, 1, 0]);
    expect(moved.failedUIDs).toEqual([received[1]!.sopInstanceUID]);
    expect(exchanges.length).toBe(2);
  });

  test('is given up where the destination ends every association', async () => {
    const { exchanges, aeTitle } = await archive.device({
      answer(_at, destination) {
        destination.exchanges.at(-1)!.abort('never');
        return { status: 0 };
      },
    });
    const moved = await archive.move(aeTitle, study('4.4'));
    expect(moved.status).toBe(0xa702);
    expect(moved.counts.at(-1)).toEqual([undefined, 0, 40, 0]);
    expect(exchanges.length).toBe(4);
  });

  test('is stopped by C-CANCEL, also while a destination does not answer, and says what is left', async () => {
    const cancel = new AbortController();
    const never = new Promise<never>(() => {});
    const { received, aeTitle } = await archive.device({
      answer(at) {
        if (at < 3) return { status: 0 };
        cancel.abort();
        return never;
      },
    });
    const moved = await archive.move(aeTitle, study('4.4'), { signal: cancel.signal });
    expect(moved.status).toBe(0xfe00);
    expect(moved.counts.at(-1)).toEqual([36, 3, 1, 0]);
    expect(received.length).toBe(4);
  });

  test('is stopped by C-CANCEL at once, also while a destination does not answer the association', async () => {
    await using silent = await listenSilently();
    // To wait for the association would take longer than a test may.
    await using patient = await startRetrievalArchive({ DIMSE_ARTIM_SECONDS: '600' });
    await patient.store([small('4.5', '4.5.1', '4.5.1.1', 'C')]);
    await patient.addDevice('SILENT', silent.port);
    const cancel = new AbortController();
    const moving = retrieve(patient.port, {
      model: models.study.move,
      keys: study('4.5'),
      destination: 'SILENT',
      signal: cancel.signal,
    });
    await silent.connected();
    cancel.abort();
    const moved = await moving;
    expect([moved.status, moved.counts.at(-1)]).toEqual([0xfe00, [1, 0, 0, 0]]);
  });

  test('ends when the requestor is gone', async () => {
    const asking = Promise.withResolvers<{ abort(why: string): void }>();
    const { exchanges, received, aeTitle } = await archive.device({
      async answer(at) {
        if (at === 2) (await asking.promise).abort('gone');
        return at < 2 ? { status: 0 } : new Promise<never>(() => {});
      },
    });
    const moved = archive.move(aeTitle, study('4.4'), { opened: (exchange) => asking.resolve(exchange) });
    await expect(moved).rejects.toThrow(AssociationLost);
    await exchanges[0]!.over;
    expect(received.length).toBe(3);
  });

  test('to a destination that does not answer keeps nobody else waiting', async () => {
    const cancel = new AbortController();
    const stuck = Promise.withResolvers<void>();
    const slow = await archive.device({
      answer() {
        stuck.resolve();
        return new Promise<never>(() => {});
      },
    });
    const waiting = archive.move(slow.aeTitle, study('4.4'), { signal: cancel.signal });
    await stuck.promise;
    const quick = await archive.device();
    expect((await archive.move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    expect((await archive.get(models.study.get, study('4.4'))).stored.length).toBe(40);
    cancel.abort();
    expect((await waiting).status).toBe(0xfe00);
  });

  test('as many to one destination as there may be leave room for every other', async () => {
    const cancel = new AbortController();
    const held = await archive.device({ answer: () => new Promise<never>(() => {}) });
    const { atOncePerDestination, atOnce } = limits.retrieve;
    const asked = Array.from({ length: atOnce }, () =>
      archive.move(held.aeTitle, study('4.1'), { signal: cancel.signal }),
    );
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
    const quick = await archive.device();
    expect((await archive.move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    cancel.abort();
    expect((await Promise.all(asked)).filter(({ status }) => status === 0xfe00)).toHaveLength(atOncePerDestination);
  });

  test('to several that hang hold no place that another one, or a C-GET, needs', async () => {
    const cancel = new AbortController();
    const { atOncePerDestination, atOnce } = limits.retrieve;
    const asked: ReturnType<typeof archive.move>[] = [];
    for (let at = 0; at < atOnce / atOncePerDestination; at++) {
      let held = (): void => {};
      const hung = await archive.device({ answer: () => (held(), new Promise<never>(() => {})) });
      // One after the other: each association has so many seconds to be taken in, however busy this machine is.
      for (let moves = 0; moves < atOncePerDestination; moves++) {
        const isHeld = new Promise<void>((resolve) => (held = resolve));
        const moved = archive.move(hung.aeTitle, study('4.1'), { signal: cancel.signal });
        asked.push(moved);
        expect(await Promise.race([isHeld, moved])).toBeUndefined();
      }
    }
    expect(asked).toHaveLength(atOnce);
    const quick = await archive.device();
    expect((await archive.move(quick.aeTitle, study('4.4'))).counts.at(-1)).toEqual([undefined, 40, 0, 0]);
    expect((await archive.get(models.study.get, study('4.4'))).stored.length).toBe(40);
    cancel.abort();
    expect((await Promise.all(asked)).every(({ status }) => status === 0xfe00)).toBe(true);
  });

  test('and C-GET are one access record each, which names the destination', async () => {
    const { aeTitle } = await archive.device();
    const from = archive.lines.length;
    await archive.move(aeTitle, study('4.1\\4.2'));
    await archive.get(models.study.get, study('4.3'));
    expect(archive.lines.slice(from).filter(({ action }) => action === 'retrieve')).toMatchObject([
      { door: 'C-MOVE', caller: 'device ASKS', destination: aeTitle, StudyInstanceUID: '4.1\\4.2', count: 8 },
      { door: 'C-GET', caller: 'device ASKS', StudyInstanceUID: '4.3', count: 4 },
    ]);
  });
});
