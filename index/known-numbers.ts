/**
 * The numbers by which rows of instances name SOP classes, transfer syntaxes and sources: looked up once, because there
 * are few of them, and each instance names three. A number means the same for as long as its database is connected.
 */
import type { Database } from './database.ts';
import type { InstanceRecord } from './instance-record.ts';

/** Private SOP classes and the addresses of senders come from outside. */
const mostKnown = 4096;

/** A record as `index.write_instances` takes it. */
type NumberedRecord = Omit<InstanceRecord, 'sop_class' | 'transfer_syntax'> & {
  readonly sop_class: number;
  readonly transfer_syntax: number;
  readonly source: number;
};

export class KnownNumbers {
  readonly #database: Database;
  readonly #uids = new Map<string, number>();
  readonly #sources = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The next connection may lead to another database: one that was put back from a copy numbers otherwise. */
  forget(): void {
    this.#uids.clear();
    this.#sources.clear();
  }

  /** The records with numbers in place of texts, in the same order. */
  async of(records: readonly InstanceRecord[]): Promise<NumberedRecord[]> {
    const numbered: NumberedRecord[] = [];
    for (const { door, calling_ae_title, address, ...record } of records) {
      const [sopClass, syntax] = [String(record['sop_class']), String(record['transfer_syntax'])];
      const from = [String(door), String(calling_ae_title), String(address)];
      const source = from.join('\0');
      numbered.push({
        ...record,
        sop_class: this.#uids.get(sopClass) ?? (await this.#ask(this.#uids, sopClass, uidNumber, [sopClass])),
        transfer_syntax: this.#uids.get(syntax) ?? (await this.#ask(this.#uids, syntax, uidNumber, [syntax])),
        source: this.#sources.get(source) ?? (await this.#ask(this.#sources, source, sourceNumber, from)),
      });
    }
    return numbered;
  }

  async #ask(known: Map<string, number>, key: string, text: string, values: readonly string[]): Promise<number> {
    const { rows } = await this.#database.pool.query<{ number: number }>(text, [...values]);
    const { number } = rows[0] as { number: number };
    if (known.size >= mostKnown) known.clear();
    known.set(key, number);
    return number;
  }
}

const uidNumber = 'SELECT index.uid_number($1) AS number';
const sourceNumber = 'SELECT index.source_number($1, $2, $3) AS number';
