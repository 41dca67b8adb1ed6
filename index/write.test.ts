import { afterAll, beforeAll, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { InstanceReader } from './instance-reader.ts';
import { type InstanceRecord, instanceRecord } from './instance-record.ts';
import { InstanceWriter } from './write.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());

async function record(SOPInstanceUID: string, of: { study?: string; series?: string } = {}): Promise<InstanceRecord> {
  const syntax = transferSyntaxes.get(uid('1.2.840.10008.1.2.1'))!;
  const reader = new InstanceReader(syntax, limits.dataset);
  await reader.write(smallInstance({ instance: SOPInstanceUID, ...of }));
  return instanceRecord(await reader.end(), {
    received_at: new Date().toISOString(),
    store: 1,
    key: `i/2026/01/01/00/${SOPInstanceUID}`,
    offset: 1024,
    length: 100,
    digest: '00'.repeat(32),
    transfer_syntax: syntax.uid,
    door: 'C-STORE',
    calling_ae_title: 'CT1',
    address: '10.0.0.5',
    defaultIssuer: '',
    replaces: false,
    pixels: null,
  });
}

async function ask<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
  return (await running.database.pool.query<T>(text, values)).rows;
}

test('a backend that hangs is given up, and the rows are written once by another one', async () => {
  await using writer = new InstanceWriter(running.url, { answerMs: 300 });
  await writer.write(await record('1.2.3.1'));
  const backend = `SELECT pid FROM pg_stat_activity WHERE application_name = 'lightbox ingest'`;
  const [hung] = await ask<{ pid: number }>(backend);
  process.kill(hung!.pid, 'SIGSTOP');
  try {
    const written = await writer.write(await record('1.2.3.2'));
    expect(written).toMatchObject({ outcome: 'stored', version: 1 });
  } finally {
    process.kill(hung!.pid, 'SIGCONT');
  }
  // What it had been asked it does late, or never: either way the instance stands once.
  await expect.poll(() => ask(`${backend} AND pid = $1`, [hung!.pid])).toEqual([]);
  expect(await ask(`SELECT version FROM index.instance WHERE sop_instance_uid = '1.2.3.2'`)).toEqual([{ version: 1 }]);
  expect(await ask('SELECT number_of_instances AS n FROM index.study')).toEqual([{ n: 2 }]);
});

test('the head of an instance waits beside its rows; one that comes twice, or has none, brings none', async () => {
  await using writer = new InstanceWriter(running.url);
  const head = (bytes: string) => Buffer.from(bytes, 'latin1');
  const [first, second, third] = await Promise.all([
    writer.write(await record('1.2.4.1'), head('first\0\xff')),
    writer.write(await record('1.2.4.2')),
    writer.write(await record('1.2.4.3'), head('third')),
  ]);
  const again = { ...(await record('1.2.4.1')), key: 'i/2026/01/01/00/other' };
  expect(await writer.write(again, head('again'))).toMatchObject({ outcome: 'duplicate', instance: first.instance });
  const heads = await ask<{ instance: number; bytes: Buffer }>(
    'SELECT instance, bytes FROM index.head ORDER BY instance',
  );
  expect(heads.map(({ instance, bytes }) => [instance, bytes.toString('latin1')])).toEqual(
    [
      [first.instance, 'first\0\xff'],
      [third.instance, 'third'],
    ].sort(([a], [b]) => Number(a) - Number(b)),
  );
  expect(second.outcome).toBe('stored');
});

test('a batch whose statement fails is written one by one: who is to blame learns it, the others are kept', async () => {
  await using writer = new InstanceWriter(running.url);
  const uids = Array.from({ length: 20 }, (_, at) => `1.6.${at}`);
  const good = await Promise.all(uids.map((uid) => record(uid, { study: '1.6', series: '1.6.0' })));
  const poison = { ...(await record('1.6.900', { study: '1.6', series: '1.6.0' })), received_at: 'no moment' };
  // The first is under way by itself; what comes meanwhile is one batch.
  const before = writer.write(await record('1.6.901', { study: '1.6', series: '1.6.0' }));
  const written = [...good.slice(0, 10), poison, ...good.slice(10)].map((each) => writer.write(each));
  const outcomes = await Promise.allSettled([before, ...written]);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([{ reason: { code: '22007' } }]);
  expect(await ask(`SELECT number_of_instances AS n FROM index.study WHERE study_instance_uid = '1.6'`)).toEqual([
    { n: 21 },
  ]);
  expect(await ask(`SELECT FROM index.instance WHERE sop_instance_uid = '1.6.900'`)).toEqual([]);
});

test('a writer that deadlocks with another one (40P01) is run again, and everything is kept', async () => {
  await using writer = new InstanceWriter(running.url);
  for (const study of ['1.7', '1.8']) await writer.write(await record(`${study}.1.1`, { study, series: `${study}.1` }));
  const other = await running.database.pool.connect();
  const lock = (study: string) =>
    other.query('SELECT FROM index.study WHERE study_instance_uid = $1 FOR UPDATE', [study]);
  try {
    await other.query('BEGIN');
    await lock('1.8');
    // Only the writer looks for a deadlock, so it is the one that gives way.
    await other.query(`SET LOCAL deadlock_timeout = '1h'`);
    const head = writer.write(await record('1.7.1.2', { study: '1.7', series: '1.7.1' }));
    const both = ['1.7', '1.8'].map(async (study) =>
      writer.write(await record(`${study}.1.9`, { study, series: `${study}.1` })),
    );
    await expect
      .poll(() =>
        ask(`SELECT FROM pg_stat_activity WHERE application_name = 'lightbox ingest' AND wait_event_type = 'Lock'`),
      )
      .toHaveLength(1);
    const deadlocks = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()';
    const [earlier] = await ask<{ deadlocks: number }>(deadlocks);
    await lock('1.7');
    await other.query('COMMIT');
    expect(await Promise.all([head, ...both])).toMatchObject(Array(3).fill({ outcome: 'stored' }));
    await expect
      .poll(async () => (await ask<{ deadlocks: number }>(deadlocks))[0]!.deadlocks)
      .toBeGreaterThan(earlier!.deadlocks);
  } finally {
    other.release(true);
  }
  for (const study of ['1.7', '1.8'])
    expect(await ask('SELECT FROM index.instance WHERE sop_instance_uid = $1', [`${study}.1.9`])).toHaveLength(1);
});

test('a writer whose snapshot is overtaken (40001) is run again, and everything is kept', async () => {
  const { pool } = running.database;
  await using writer = new InstanceWriter(running.url);
  await writer.write(await record('1.9.1.1', { study: '1.9', series: '1.9.1' }));
  const other = await pool.connect();
  try {
    // As a careless administrator sets it for everybody.
    await pool.query(
      `ALTER DATABASE "${new URL(running.url).pathname.slice(1)}" SET default_transaction_isolation = 'serializable'`,
    );
    await using strict = new InstanceWriter(running.url);
    await strict.write(await record('1.9.1.2', { study: '1.9', series: '1.9.1' }));
    await other.query('BEGIN');
    await other.query(`UPDATE index.study SET changed_at = now() WHERE study_instance_uid = '1.9'`);
    const written = strict.write(await record('1.9.1.3', { study: '1.9', series: '1.9.1' }));
    await expect
      .poll(() =>
        ask(`SELECT FROM pg_stat_activity WHERE application_name = 'lightbox ingest' AND wait_event_type = 'Lock'`),
      )
      .toHaveLength(1);
    await other.query('COMMIT');
    expect(await written).toMatchObject({ outcome: 'stored' });
  } finally {
    await pool.query(`ALTER DATABASE "${new URL(running.url).pathname.slice(1)}" RESET default_transaction_isolation`);
    other.release(true);
  }
  expect(await ask(`SELECT number_of_instances AS n FROM index.study WHERE study_instance_uid = '1.9'`)).toEqual([
    { n: 3 },
  ]);
});
