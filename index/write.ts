/**
 * Writes instances into the index, many in one transaction: a commit starts when the previous one has ended and takes
 * what has gathered meanwhile, so one sender never waits for a timer and sixteen share one sync of the log.
 */
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import type { InstanceRecord } from './instance-record.ts';
import { KnownNumbers } from './known-numbers.ts';
import { IndexUnavailable, patiently } from './patience.ts';

export interface Written {
  /** `other-syntax`: a version in another transfer syntax, not flagged until its pixels have been compared. */
  readonly outcome: 'stored' | 'duplicate' | 'version' | 'other-syntax';
  readonly instance: number;
  /** 1 for the first bytes under this SOP Instance UID. */
  readonly version: number;
  /** Of a duplicate: where the object lies that the index already has. */
  readonly kept:
    { readonly store: number; readonly key: string; readonly offset: number; readonly length: number } | undefined;
}

const batchLimit = 256;
/** A note that names twenty thousand takes its time. Given up too early it would be refused, and kept all the same. */
const timesForNotes = 6;

interface Waiting {
  readonly record: InstanceRecord;
  readonly head: Buffer | undefined;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

interface WrittenRow {
  ordinal: number;
  outcome: Written['outcome'];
  instance: number;
  version: number;
  kept_store: number | null;
  kept_key: string | null;
  kept_offset: number | null;
  kept_length: number | null;
}

/** The way in of every instance, and one beside it for rejection notes: each names up to thousands, and takes its time. */
export class InstanceWriter implements AsyncDisposable {
  readonly #instances: WriterLane;
  readonly #notes: WriterLane;
  #closed = false;

  /**
   * Connections of its own: a search that takes long never stands in the way.
   * @param answerMs   how long a PostgreSQL that says nothing (a hung disk, a stopped machine) is waited for at each try; longer for notes
   * @param keepsOrder what is written first comes into the index first, rejection notes too
   */
  constructor(
    databaseUrl: string,
    { answerMs = 20_000, keepsOrder = false }: { readonly answerMs?: number; readonly keepsOrder?: boolean } = {},
  ) {
    this.#instances = new WriterLane(databaseUrl, answerMs);
    this.#notes = keepsOrder ? this.#instances : new WriterLane(databaseUrl, timesForNotes * answerMs);
  }

  /**
   * Resolves when the instance's rows are committed.
   * @param head of the data set, for who asks for its metadata before they have been made
   * @throws IndexUnavailable
   */
  write(record: InstanceRecord, head?: Buffer): Promise<Written> {
    if (this.#closed) return Promise.reject(new IndexUnavailable('the index is closing'));
    return (isNote(record) ? this.#notes : this.#instances).write(record, head);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#instances.close(), this.#notes.close()]);
  }
}

/** One connection, and what waits for it. */
class WriterLane {
  readonly #database: Database;
  readonly #numbers: KnownNumbers;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(databaseUrl: string, answerMs: number) {
    this.#database = openDatabase(databaseUrl, { max: 1, applicationName: 'lightbox ingest', answerMs });
    this.#numbers = new KnownNumbers(this.#database);
  }

  write(record: InstanceRecord, head: Buffer | undefined): Promise<Written> {
    const written = new Promise<Written>((resolve, reject) => this.#waiting.push({ record, head, resolve, reject }));
    this.#running ??= this.#run();
    return written;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#database.close();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchLength());
      batch.sort((a, b) => order(a.record, b.record));
      await this.#commit(batch);
    }
    this.#running = undefined;
  }

  /** A note is written alone, so that nobody waits with it for the studies that it locks. */
  #batchLength(): number {
    const note = this.#waiting.findIndex(({ record }) => isNote(record));
    return note < 0 ? batchLimit : Math.min(batchLimit, Math.max(1, note));
  }

  /** Never rejects: each member learns its own outcome, and none suffers from another. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#attempt(batch);
      for (const row of rows) batch[row.ordinal]?.resolve(writtenOf(row));
    } catch (error) {
      if (batch.length === 1 || error instanceof IndexUnavailable) for (const { reject } of batch) reject(error);
      else for (const member of batch) await this.#commit([member]);
    }
  }

  #attempt(batch: readonly Waiting[]): Promise<WrittenRow[]> {
    return patiently(async () => {
      try {
        const records = await this.#numbers.of(batch.map(({ record }) => record));
        const [first] = records;
        const { rows } = await this.#database.pool.query<WrittenRow>(
          first && isNote(first)
            ? { name: 'write-rejection', text: writeRejection, values: [JSON.stringify(first), ...headValues(batch)] }
            : {
                name: 'write-instances',
                text: writeInstances,
                values: [JSON.stringify(records), ...headValues(batch)],
              },
        );
        return rows;
      } catch (error) {
        this.#numbers.forget();
        throw error;
      }
    });
  }
}

/** Heads go as one value in binary, and where each lies in it: as text in the JSON they would be read letter by letter. */
const withHeads = (written: string) => `
  WITH written AS MATERIALIZED (SELECT * FROM ${written}),
  heads AS (
    INSERT INTO index.head (instance, bytes)
    SELECT w.instance, substring($2::bytea FROM h.begins + 1 FOR h.length)
    FROM unnest($3::integer[], $4::integer[]) WITH ORDINALITY AS h (begins, length, place)
    JOIN written w ON w.ordinal + 1 = h.place
    WHERE h.length > 0 AND w.outcome <> 'duplicate'
    ON CONFLICT DO NOTHING)
  SELECT * FROM written`;
const writeInstances = withHeads('index.write_instances($1::json)');
const writeRejection = withHeads('index.write_rejection($1::json)');

function headValues(batch: readonly Waiting[]): [Buffer, number[], number[]] {
  const heads = batch.map(({ head }) => head ?? Buffer.alloc(0));
  let begins = 0;
  const places = heads.map(({ length }) => (begins += length) - length);
  return [Buffer.concat(heads), places, heads.map(({ length }) => length)];
}

function isNote(record: Readonly<Record<string, unknown>>): boolean {
  return record['rejection'] !== undefined;
}

/** Studies in the order the database sorts them, so that two writers lock alike; within a study, what came first stays first. */
function order(a: InstanceRecord, b: InstanceRecord): number {
  if (a.study_instance_uid === b.study_instance_uid) return 0;
  return a.study_instance_uid < b.study_instance_uid ? -1 : 1;
}

function writtenOf(row: WrittenRow): Written {
  const kept =
    row.kept_key === null
      ? undefined
      : {
          store: row.kept_store as number,
          key: row.kept_key,
          offset: row.kept_offset as number,
          length: row.kept_length as number,
        };
  return { outcome: row.outcome, instance: row.instance, version: row.version, kept };
}
