import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { models } from './test-retrieval.ts';
import { below, small, startArchiveOfStudies, study, type ArchiveOfStudies } from './test-studies.ts';

let archive: ArchiveOfStudies;
beforeAll(async () => {
  archive = await startArchiveOfStudies();
});
afterAll(() => archive[Symbol.asyncDispose]());

describe('C-GET', () => {
  test('sends nothing on contexts for which the requestor did not take the SCP role', async () => {
    for (const more of [{ noRoles: true }, { contexts: [] }]) {
      const got = await archive.get(models.study.get, study('4.1'), more);
      expect(got).toMatchObject({
        status: 0xa702,
        errorComment: 'peer takes no Secondary Capture Image Storage',
        stored: [],
      });
      expect(got.failedUIDs.sort()).toEqual(below('4.1'));
    }
  });

  test('counts what the requestor refuses', async () => {
    const got = await archive.get(models.study.get, study('4.1'), {
      answer: (at) => ({ status: at === 0 ? 0xb000 : 0xa900 }),
    });
    expect(got.status).toBe(0xb000);
    expect(got.counts.at(-1)).toEqual([undefined, 0, 3, 1]);
  });

  test('is stopped by C-CANCEL, and says what is left', async () => {
    const cancel = new AbortController();
    const got = await archive.get(models.study.get, study('4.4'), {
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
    const got = await archive.get(models.study.get, study('4.4'), {
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
    const got = await archive.get(models.study.get, study('4.5'));
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
    const got = await archive.get(models.study.get, study('4.6'));
    expect(got.stored.map(({ dataset }, at) => dataset.equals(large[at]!.dataset))).toEqual([true, true]);
  });

  test('sends a data set of odd length with one byte of padding', async () => {
    const even = smallInstance({ study: '4.7', series: '4.7.1', instance: '4.7.1.1', pixels: Buffer.alloc(100, 1) });
    even.writeUInt32LE(99, even.length - 104);
    await archive.stow(even.subarray(0, -1));
    const got = await archive.get(models.study.get, study('4.7'));
    expect(got.stored.map(({ dataset }) => dataset.toString('hex', dataset.length - 3))).toEqual(['010100']);
    expect(got.stored[0]!.dataset.length).toBe(even.length);
  });
});
