/**
 * Replaces top-level elements of an Explicit VR Little Endian data set (PS3.5 A.2) while its bytes pass by; all other
 * bytes come out as they went in.
 */
import { asBuffer } from '../data/as-buffer.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader, ScannerLimits } from './dataset-handler.ts';
import { elementHeader } from './element-header.ts';

/** New elements by tag: bytes of an even value and its VR, or undefined to leave the element out. */
export type Replacements = ReadonlyMap<number, { readonly vr: string; readonly bytes: Buffer } | undefined>;

export class Splicer implements DatasetHandler {
  readonly #scanner: DatasetScanner;
  readonly #changes: Replacements;
  /** Tags whose new element has not been written yet, in order. */
  readonly #pending: number[];
  /** Cuts found so far: what lies from `from` to `to` gives way to `bytes`. */
  #cuts: { readonly from: number; readonly to: number; readonly bytes: Buffer }[] = [];
  /** Up to where the source has been written or left out. */
  #done = 0;
  /** The beginning of a header whose rest comes with the next piece. */
  #tail: Buffer = Buffer.alloc(0);
  /** Where the bytes of `#tail` begin. */
  #tailAt = 0;

  constructor(changes: Replacements, limits: Pick<ScannerLimits, 'sequenceDepth'>) {
    this.#changes = changes;
    this.#pending = [...changes.keys()].filter((tag) => changes.get(tag)).sort((a, b) => a - b);
    this.#scanner = new DatasetScanner({ explicitVR: true, bigEndian: false }, this, { ...limits, collectedBytes: 0 });
  }

  /** @returns what can be written by now; parts of `piece` among it @throws BadDataset */
  write(piece: Uint8Array): Buffer[] {
    this.#scanner.write(piece);
    const bytes = asBuffer(piece);
    const held = this.#tail.length ? Buffer.concat([this.#tail, bytes]) : bytes;
    const from = this.#tailAt;
    const out: Buffer[] = [];
    for (const cut of this.#cuts) {
      out.push(held.subarray(Math.max(0, this.#done - from), Math.max(0, cut.from - from)), cut.bytes);
      this.#done = cut.to;
    }
    this.#cuts = [];
    const known = this.#scanner.position;
    if (known > this.#done) {
      out.push(held.subarray(this.#done - from, known - from));
      this.#done = known;
    }
    this.#tail = Buffer.from(held.subarray(known - from));
    this.#tailAt = known;
    return out.filter(({ length }) => length > 0);
  }

  /** New elements that belong behind all that came. @throws BadDataset when the data set ends in the middle of something */
  end(): Buffer {
    this.#scanner.end();
    return this.#due(Infinity);
  }

  element({ tag, vr, length, offset, depth, implied }: ElementHeader): Choice {
    if (depth > 0) return 'skip';
    const from = offset - elementHeader(tag, vr, 0, !implied).length;
    const due = this.#due(tag);
    if (this.#changes.has(tag) && length >= 0) this.#cuts.push({ from, to: offset + length, bytes: due });
    else if (due.length) this.#cuts.push({ from, to: from, bytes: due });
    return 'skip';
  }

  value(): void {
    // No value is asked for.
  }

  /** The new elements up to a tag. */
  #due(tag: number): Buffer {
    const out: Buffer[] = [];
    while (this.#pending.length && (this.#pending[0] as number) <= tag) {
      const next = this.#pending.shift() as number;
      const change = this.#changes.get(next);
      if (change) out.push(elementHeader(next, change.vr, change.bytes.length), change.bytes);
    }
    return Buffer.concat(out);
  }
}
