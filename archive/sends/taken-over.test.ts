/** Runs of sends that another archive has begun: who takes them over, and when. */
import { expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { Holder } from '#index/holder.ts';
import { sendsArchive } from './test-sends.ts';

const { archive, api, storeStudy, device, sendsOf, waitFor, inState, addSend } = sendsArchive();

/** As an archive leaves a send that was killed with one instance acknowledged. @param until  the end of its lease, in SQL */
async function beganElsewhere(
  study: string,
  to: { readonly id: number; readonly aeTitle: string },
  { until, holder }: { readonly until: string; readonly holder: number | null },
): Promise<void> {
  await archive().postgres.database.pool.query(
    `WITH x AS (
       INSERT INTO site.send (device, destination, study_instance_uid, priority, state, run, holder, run_until, total, sent)
       VALUES ($1, $2, $3, 'high', 'running', gen_random_uuid(), $4, ${until}, 3, 1) RETURNING id)
     INSERT INTO site.sent_instance SELECT x.id, i.digest FROM x, index.instance i WHERE i.sop_instance_uid = $3 || '.1.2'`,
    [to.id, to.aeTitle, study, holder],
  );
}

test.each([
  { study: '5.1', until: `now() - interval '1 second'`, when: '' },
  { study: '5.10', until: `now() + interval '1 day'`, when: ', also when the clock was set back since' },
])('a run that nothing is heard of any more is taken over$when', async ({ study, until }) => {
  const to = await device();
  await storeStudy(study);
  await beganElsewhere(study, to, { until, holder: null });
  expect(await inState(study, 'done')).toMatchObject({ total: 3, sent: 3 });
  expect(to.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([`${study}.1.1`, `${study}.1.3`]);
});

test('what was put off before the clock was set back goes at once, and what waits for its next attempt goes then', async () => {
  const to = await device();
  const waits = async (study: string, due: string) => {
    await storeStudy(study);
    await archive().postgres.database.pool.query(
      `INSERT INTO site.send (device, destination, study_instance_uid, priority, due_at)
       VALUES ($1, $2, $3, 'high', now() + $4::interval)`,
      [to.id, to.aeTitle, study, due],
    );
  };
  await waits('5.8', '50 minutes');
  await waits('5.9', '7 hours');
  expect(await inState('5.9', 'done')).toMatchObject({ sent: 3 });
  expect(await sendsOf('5.8')).toMatchObject([{ state: 'waiting' }]);
});

test('a run is left to an archive that lives, and taken over as soon as its connection ends', async () => {
  const to = await device();
  const other = await device();
  for (const study of ['5.2', '5.3', '5.4']) await storeStudy(study);
  await using database = openDatabase(archive().postgres.url, { max: 1, applicationName: 'test' });
  const holder = new Holder(database.pool);
  await beganElsewhere('5.2', to, { until: `now() + interval '2 minutes'`, holder: await holder.held() });
  // Each is seen after it, and those of its destination count it as running.
  await addSend('5.3', to.id);
  await addSend('5.4', other.id);
  await inState('5.4', 'done');
  await inState('5.3', 'done');
  expect((await sendsOf('5.2'))[0]).toMatchObject({ state: 'running', sent: 1 });

  await holder[Symbol.asyncDispose]();
  expect(await inState('5.2', 'done')).toMatchObject({ total: 3, sent: 3 });
});

test('an archive whose connection broke holds its sends again before it takes more', async () => {
  const { pool } = archive().postgres.database;
  const to = await device({ answer: () => new Promise<never>(() => {}) });
  await storeStudy('5.5');
  const { id } = await addSend('5.5', to.id);
  await waitFor('5.5', ({ state }) => state === 'running');
  const held = `SELECT l.pid FROM pg_locks l JOIN site.send x ON l.objid::bigint = x.holder AND l.locktype = 'advisory' WHERE x.id = $1`;
  const [first] = (await pool.query<{ pid: number }>(held, [id])).rows;
  await pool.query('SELECT pg_terminate_backend($1)', [first!.pid]);
  const pids = async () => (await pool.query<{ pid: number }>(held, [id])).rows.map(({ pid }) => pid);
  await expect.poll(pids).toEqual([expect.not.toBeOneOf([first!.pid])]);
  expect((await api('POST', `/sends/${id}/cancel`)).status).toBe(200);
});

test('a send is begun while a study is being called complete', async () => {
  const to = await device();
  for (const study of ['5.6', '5.7']) await storeStudy(study);
  const client = await archive().postgres.database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT index.complete_known_study('5.6', 'mpps', '{}')`);
    await addSend('5.7', to.id);
    await inState('5.7', 'done');
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});
