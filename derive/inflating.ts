/**
 * Inflating of deflated data sets (PS3.5 Annex A.5) for their frames, in as many places as the pixel pool has threads:
 * zlib works on Node's own threads, which files and digests need too. Who asks for one frame after the other, in one
 * request or in several, goes on where the last frame ended.
 */
import type { ByteRange } from '#dicom/pixels/frame-table.ts';
import { InflatedBytes } from '#dicom/pixels/inflated-range.ts';
import { limits } from '#settings/limits.ts';

interface Kept {
  readonly of: string;
  readonly inflated: InflatedBytes;
  readonly timer: NodeJS.Timeout;
}

export class Inflating implements Disposable {
  readonly #places: { readonly threads: number; readonly waiting: number };
  #running = 0;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  /** Those that nobody reads from just now, the last used at the end. */
  readonly #kept: Kept[] = [];
  #closed = false;

  readonly #saturated: (why: string) => Error;

  /**
   * @param places     data sets that are inflated at once, and reads that may wait for one of them to be done
   * @param saturated  what is thrown when there is no place
   */
  constructor(places: { readonly threads: number; readonly waiting: number }, saturated: (why: string) => Error) {
    this.#places = places;
    this.#saturated = saturated;
  }

  /**
   * @param of     names the bytes: the same name, the same bytes
   * @param open   the deflated data set from its beginning
   * @param range  of the inflated one
   * @throws CannotDecode, what `saturated` makes, what reading throws
   */
  async read(of: string, open: () => AsyncIterable<Uint8Array>, range: ByteRange): Promise<Buffer> {
    await this.#enter();
    const inflated = this.#take(of, range.offset) ?? new InflatedBytes(open());
    let isGood = false;
    try {
      const bytes = await inflated.read(range, limits.dataset.inflatedBytes);
      isGood = true;
      return bytes;
    } finally {
      if (isGood && !this.#closed) this.#keep(of, inflated);
      else inflated[Symbol.dispose]();
      this.#leave();
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#saturated('the pixel pool is closed'));
    while (this.#kept.length > 0) this.#forget(0);
  }

  async #enter(): Promise<void> {
    if (this.#closed) throw this.#saturated('the pixel pool is closed');
    if (this.#running < this.#places.threads) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.#places.waiting)
      throw this.#saturated(`${this.#running} data sets are inflated and ${this.#waiting.length} wait`);
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    await turn.promise;
  }

  /** The place goes to who waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next.resolve();
    else this.#running--;
  }

  /** The one that has come closest to a byte without passing it. */
  #take(of: string, offset: number): InflatedBytes | undefined {
    let best = -1;
    for (const [at, each] of this.#kept.entries())
      if (each.of === of && each.inflated.at <= offset && each.inflated.at >= (this.#kept[best]?.inflated.at ?? 0))
        best = at;
    const [taken] = best < 0 ? [] : this.#kept.splice(best, 1);
    clearTimeout(taken?.timer);
    return taken?.inflated;
  }

  #keep(of: string, inflated: InflatedBytes): void {
    const timer = setTimeout(() => {
      const at = this.#kept.findIndex((each) => each.inflated === inflated);
      if (at >= 0) this.#forget(at);
    }, limits.pixels.inflatingKeptMs);
    timer.unref();
    this.#kept.push({ of, inflated, timer });
    if (this.#kept.length > limits.pixels.inflatingKept) this.#forget(0);
  }

  #forget(at: number): void {
    for (const { timer, inflated } of this.#kept.splice(at, 1)) {
      clearTimeout(timer);
      inflated[Symbol.dispose]();
    }
  }
}
