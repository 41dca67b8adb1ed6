/**
 * Inflating of deflated data sets (PS3.5 Annex A.5) for their frames, in as many places as the pixel pool has threads:
 * zlib works on Node's own threads, which files and digests need too. Who asks for one frame after the other, in one
 * request or in several, goes on where the last frame ended; who goes backwards, or here and there, finds what has been
 * passed in a scratch file, so that scrolling through a data set inflates it once or twice, not once for each frame.
 */
import type { ByteRange } from '#dicom/pixels/frame-table.ts';
import { InflatedBytes } from '#dicom/pixels/inflated-range.ts';
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';
import { InflatedScratch } from './inflated-scratch.ts';

/** A pass through a data set. */
interface Pass {
  readonly of: string;
  readonly inflated: InflatedBytes;
  /** What it has passed, from the first read on that leaves something out. */
  scratch: InflatedScratch | undefined;
  /** Somebody reads on in it. */
  isBusy: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class Inflating implements Disposable {
  readonly #places: Places;
  readonly #mostWaiting: number;
  /** Those that are open, the last used at the end. */
  readonly #passes: Pass[] = [];
  readonly #closing = new AbortController();
  readonly #saturated: (why: string) => Error;

  /**
   * @param places.threads  data sets that are inflated at once
   * @param places.waiting  reads that may wait for one of them to be done
   * @param saturated       makes what is thrown when there is no place
   */
  constructor(
    { threads, waiting }: { readonly threads: number; readonly waiting: number },
    saturated: (why: string) => Error,
  ) {
    this.#places = new Places(threads);
    this.#mostWaiting = waiting;
    this.#saturated = saturated;
  }

  /**
   * @param of     names the bytes: the same name, the same bytes
   * @param open   the deflated data set from its beginning
   * @param range  of the inflated one
   * @throws CannotDecode, what `saturated` makes, what reading throws
   */
  async read(of: string, open: () => AsyncIterable<Uint8Array>, range: ByteRange): Promise<Buffer> {
    const before = await this.#held(of, range);
    if (before) return before;
    const { waiting } = this.#places;
    if (waiting >= this.#mostWaiting && this.#places.isFull)
      throw this.#saturated(`every place is taken, and ${waiting} data sets wait to be inflated`);
    return this.#places.take(() => this.#inflate(of, open, range), this.#closing.signal);
  }

  async #inflate(of: string, open: () => AsyncIterable<Uint8Array>, range: ByteRange): Promise<Buffer> {
    let pass: Pass | undefined;
    let isGood = false;
    try {
      // It may have come by while we waited.
      const held = await this.#held(of, range);
      if (held) return held;
      const isBehind = this.#passes.some((each) => each.of === of && each.inflated.at > range.offset);
      pass = this.#take(of, range.offset) ?? this.#begin(of, open);
      const { inflated } = pass;
      // Of what is left out, or left behind by another pass, somebody will want to see more.
      if (range.offset - inflated.at > range.length || (isBehind && inflated.at === 0))
        pass.scratch ??= new InflatedScratch(limits.pixels.inflatedScratchBytes);
      const { scratch } = pass;
      const bytes = await inflated.read(
        range,
        limits.dataset.inflatedBytes,
        scratch && ((piece, at) => scratch.keep(piece, at)),
      );
      isGood = true;
      return bytes;
    } finally {
      if (pass) {
        pass.isBusy = false;
        if (isGood && !this.#closing.signal.aborted) this.#keep(pass);
        else this.#forget(pass);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort(this.#saturated('the pixel pool is closed'));
    // One that is read from goes when that is over.
    for (const pass of this.#passes.filter(({ isBusy }) => !isBusy)) this.#forget(pass);
  }

  /** @returns undefined when no pass holds it any more */
  async #held(of: string, range: ByteRange): Promise<Buffer | undefined> {
    const pass = this.#passes.findLast((each) => each.of === of && each.scratch?.holds(range));
    if (!pass) return undefined;
    if (!pass.isBusy) this.#keep(pass);
    return await pass.scratch?.read(range);
  }

  #begin(of: string, open: () => AsyncIterable<Uint8Array>): Pass {
    const pass = { of, inflated: new InflatedBytes(open()), scratch: undefined, isBusy: true, timer: undefined };
    this.#passes.push(pass);
    return pass;
  }

  /** The one that has come closest to a byte without passing it. */
  #take(of: string, offset: number): Pass | undefined {
    let best: Pass | undefined;
    for (const each of this.#passes) {
      const { at } = each.inflated;
      if (each.of === of && !each.isBusy && at <= offset && at >= (best?.inflated.at ?? 0)) best = each;
    }
    if (best) best.isBusy = true;
    clearTimeout(best?.timer);
    return best;
  }

  /** Moves it to the end, and lets those go that were used longest ago. */
  #keep(pass: Pass): void {
    clearTimeout(pass.timer);
    pass.timer = setTimeout(() => this.#forget(pass), limits.pixels.inflatingKeptMs);
    pass.timer.unref();
    this.#passes.splice(this.#passes.indexOf(pass), 1);
    this.#passes.push(pass);
    const idle = this.#passes.filter(({ isBusy }) => !isBusy);
    for (const each of idle.slice(0, Math.max(0, idle.length - limits.pixels.inflatingKept))) this.#forget(each);
  }

  #forget(pass: Pass): void {
    const at = this.#passes.indexOf(pass);
    if (at >= 0) this.#passes.splice(at, 1);
    clearTimeout(pass.timer);
    pass.inflated[Symbol.dispose]();
    pass.scratch?.[Symbol.dispose]();
  }
}
