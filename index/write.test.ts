import { afterAll, beforeAll, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { type InstanceRecord, instanceRecord } from '#index/instance-record.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());

async function record(SOPInstanceUID: string): Promise<InstanceRecord> {
  const syntax = transferSyntaxes.get(uid('1.2.840.10008.1.2.1'))!;
  const reader = new InstanceReader(syntax, limits.dataset);
  await reader.write(smallInstance({ instance: SOPInstanceUID }));
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
