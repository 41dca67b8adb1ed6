/**
 * The heads of data sets (what stands before Pixel Data) that lie in the index for the time in which the metadata of their
 * series are made and made anew, as more of it comes. There may be none: then the object has it.
 */
import type { Database } from './database.ts';

/** What may wait there; a longer head is left to its object. */
export const headBytes = 64 * 1024;
/** Read by one statement. */
const atOnce = 64;

/** Reads heads in the order in which their instances are asked for, many at a time. */
export class WaitingHeads {
  readonly #database: Database;
  readonly #portions: { readonly ids: readonly number[]; heads?: Promise<Map<number, Buffer>> }[] = [];
  readonly #portionOf = new Map<number, number>();

  /** @param instances in the order in which they will be asked for */
  constructor(database: Database, instances: readonly { readonly id: number }[]) {
    this.#database = database;
    for (let at = 0; at < instances.length; at += atOnce) {
      const ids = instances.slice(at, at + atOnce).map(({ id }) => id);
      for (const id of ids) this.#portionOf.set(id, this.#portions.length);
      this.#portions.push({ ids });
    }
  }

  async of({ id }: { readonly id: number }): Promise<Buffer | undefined> {
    const at = this.#portionOf.get(id);
    const portion = at === undefined ? undefined : this.#portions[at];
    if (at === undefined || !portion) return undefined;
    // Nobody asks for what is two portions back.
    delete this.#portions[at - 2]?.heads;
    return (await (portion.heads ??= this.#read(portion.ids))).get(id);
  }

  async #read(ids: readonly number[]): Promise<Map<number, Buffer>> {
    const { rows } = await this.#database.pool.query<{ instance: number; bytes: Buffer }>({
      name: 'waiting heads',
      text: 'SELECT instance, bytes FROM index.head WHERE instance = ANY ($1::bigint[])',
      values: [ids],
    });
    return new Map(rows.map(({ instance, bytes }) => [instance, bytes]));
  }
}

/** Lets go of those for which the metadata of their series should long lie ready, whether they do or not. @returns false: of all */
export async function forgetHeads(database: Database): Promise<false> {
  await database.pool.query(`DELETE FROM index.head WHERE since < now() - interval '1 hour'`);
  return false;
}
