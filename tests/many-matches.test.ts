/** A C-FIND that matches a whole hospital: the archive's memory does not grow with it, nor with who does not read, and C-CANCEL ends it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import { isPending } from '#dicom/dimse/status.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { InstanceWriter } from '#index/write.ts';
import { residentMiB } from './dimse-fuzz/beside.ts';
import { indexedInstance } from './indexed-instance.ts';
import { putOneObject } from './one-object.ts';
import { healthOf, startLightbox, type RunningLightbox } from './running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';
import { manyMatches } from './thorough.ts';

const studies = manyMatches;
const explicitLE = uid('1.2.840.10008.1.2.1');
/** Study Instance UID, Patient's Name, Study Date, Study Description. */
const keys = new Map([0x0020000d, 0x00100010, 0x00080020, 0x00081030].map((tag) => [tag, '']));
const everyStudy = serializeDataset(queryIdentifier('STUDY', keys), transferSyntaxOf(explicitLE));

let directory: string;
let postgres: TestDatabase;
let lightbox: RunningLightbox;
beforeAll(async () => {
  postgres = await startTestDatabase();
  const { pool } = postgres.database;
  await pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  {
    await using writer = new InstanceWriter(postgres.url);
    await writer.write(indexedInstance({ StudyInstanceUID: '1.1.0', PatientName: 'Nguyễn^Văn Anh', PatientID: 'P' }));
  }
  const { rows } = await pool.query<{ same: string }>(
    `SELECT string_agg(quote_ident(column_name), ', ') AS same FROM information_schema.columns WHERE table_schema = 'index'
      AND table_name = 'study' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'study_instance_uid', 'study_date', 'study_description')`,
  );
  const { same } = rows[0]!;
  await pool.query(
    `INSERT INTO index.study (study_instance_uid, study_date, study_description, ${same})
      SELECT '1.1.' || n, to_char(date '2000-01-01' + n / 30, 'YYYYMMDD'), repeat('x', 60), ${same}
      FROM index.study, generate_series(1, $1::integer - 1) AS n WHERE study_instance_uid = '1.1.0'`,
    [studies],
  );
  await pool.query('VACUUM (ANALYZE) index.study');
  directory = await mkdtemp(join(tmpdir(), 'lightbox-many-matches-'));
  const settings = { ADMIN_PASSWORD: 'nobody logs in here', DATABASE_URL: postgres.url, ROLES: 'archive' };
  await putOneObject(directory);
  lightbox = await startLightbox({ dataDir: directory, settings });
});
afterAll(async () => {
  await lightbox[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const associate = (): Promise<Exchange<undefined>> =>
  connectExchange({
    host: '127.0.0.1',
    port: Number(lightbox.dicom.split(':')[1]),
    callingAETitle: 'ASKS',
    calledAETitle: 'LIGHTBOX',
    contexts: [{ abstractSyntax: studyRoot.find, transferSyntaxes: [explicitLE] }],
  });

/** @param took hears of each match, and says whether its identifier is read */
async function find(
  exchange: Exchange<undefined>,
  took: (number: number) => 'read' | 'unread',
  signal?: AbortSignal,
): Promise<{ status: number | undefined; matches: number }> {
  let matches = 0;
  const request = { AffectedSOPClassUID: studyRoot.find, CommandField: commandFields['C-FIND-RQ'], Priority: 0 };
  const { Status } = await exchange.invoke(1, request, everyStudy, {
    ...(signal && { signal }),
    response({ command, dataset }) {
      if (isPending(command.Status ?? 0) && took(++matches) === 'read' && dataset) void passOver(dataset);
    },
  });
  return { status: Status, matches };
}

async function passOver(identifier: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of identifier);
}

/** Cancels after so many matches. */
async function findSome(exchange: Exchange<undefined>, enough: number): Promise<Awaited<ReturnType<typeof find>>> {
  const cancel = new AbortController();
  const took = (number: number): 'read' => {
    if (number === enough) cancel.abort();
    return 'read';
  };
  return find(exchange, took, cancel.signal);
}

test(`${studies} matches are all given, and take hardly any memory, even where another requestor does not read his`, async () => {
  const { pid } = await healthOf(lightbox);
  // The first search is dearer than any other: code is compiled.
  const first = await associate();
  await findSome(first, 20_000);
  await first.release();

  const before = await residentMiB(pid);
  const begun = Promise.withResolvers<void>();
  let unread = 0;
  const holding = await associate();
  const held = find(holding, (number) => {
    unread = number;
    begun.resolve();
    return 'unread';
  });
  held.catch(() => {});
  await begun.promise;

  let most = 0;
  let measuring: Promise<void> = Promise.resolve();
  const exchange = await associate();
  const found = await find(exchange, (number) => {
    if (number % 10_000 === 0) measuring = residentMiB(pid).then((now) => void (most = Math.max(most, now)));
    return 'read';
  });
  await measuring;
  expect(found).toEqual({ status: 0, matches: studies });
  // Whoever does not read has not been sent for: what waits for him is bounded on both sides.
  expect(unread).toBeLessThan(studies / 2);
  expect(most - before).toBeLessThan(120);
  await exchange.release();
  holding.abort('enough');
  await expect(held).rejects.toThrow(AssociationLost);
});

test('C-CANCEL ends it with FE00 long before the end, and the association goes on', async () => {
  const exchange = await associate();
  for (let times = 0; times < 2; times++) {
    const { status, matches } = await findSome(exchange, 1_000);
    expect(status).toBe(0xfe00);
    expect(matches).toBeLessThan(studies / 4);
  }
  await exchange.release();
});
