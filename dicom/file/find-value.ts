/**
 * Finds where one element's value lies in a stored data set, at the top or inside sequence items, reading as little as
 * possible: long values on the way are jumped over.
 */
import { pixelData } from './dataset-handler.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader, ScannerLimits } from './dataset-handler.ts';
import type { Encoding } from './element-header.ts';

/** Tag, item (from 1), tag, item, …, tag: the way from the data set to an element. */
export type ElementPath = readonly number[];

export interface ValuePlace {
  readonly vr: string;
  /** Of the value's first byte, in bytes of the (inflated) data set; for fragments, of the first item's header. */
  readonly offset: number;
  /** -1 when it is a sequence of fragments. */
  readonly length: number;
  readonly bigEndian: boolean;
}

class Finder implements DatasetHandler {
  readonly #path: ElementPath;
  /** How much of the path has been found. */
  #matched = 0;
  #items = 0;
  place: ValuePlace | undefined;
  /** Nothing behind here can be it. */
  over = false;

  constructor(path: ElementPath) {
    this.#path = path;
  }

  element({ tag, vr, length, offset, depth, bigEndian }: ElementHeader): Choice {
    if (this.place || this.#matched !== 2 * depth || this.#path[this.#matched] !== tag) return 'skip';
    const isFragments = length < 0 && (vr === 'OB' || vr === 'OW' || tag === pixelData);
    const isSequence = vr === 'SQ' || (length < 0 && !isFragments);
    if (this.#matched === this.#path.length - 1) {
      if (isSequence) this.over = true;
      else this.place = { vr, offset, length, bigEndian };
      return 'skip';
    }
    if (!isSequence) return 'skip';
    this.#matched++;
    this.#items = 0;
    return 'enter';
  }

  value(): void {
    // No value is asked for.
  }

  startItem(): void {
    if (this.#matched % 2 === 1 && ++this.#items === this.#path[this.#matched]) this.#matched++;
  }

  endSequence(): void {
    // Only sequences on the way are entered, and what was sought was not in it.
    this.over = true;
  }
}

/** Reads pieces of the data set as they are needed. */
type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

const readAtOnceBytes = 64 * 1024;

/** @param length of the data set in bytes @returns undefined when there is no such element, or it is a sequence @throws BadDataset */
export async function findValue(
  read: ReadRange,
  length: number,
  encoding: Encoding,
  path: ElementPath,
  limits: Pick<ScannerLimits, 'sequenceDepth'>,
): Promise<ValuePlace | undefined> {
  const finder = new Finder(path);
  const scanner = new DatasetScanner(encoding, finder, { ...limits, collectedBytes: 0 });
  let at = 0;
  while (at < length && !finder.place && !finder.over) {
    const passing = Math.min(scanner.passing, length - at);
    if (passing > 0) {
      scanner.pass(passing);
      at += passing;
      continue;
    }
    const piece = await read(at, Math.min(readAtOnceBytes, length - at));
    scanner.write(piece);
    at += piece.length;
  }
  return finder.place;
}

/** The same in a data set that passes by from its first byte. @throws BadDataset */
export async function findValueIn(
  pieces: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  path: ElementPath,
  limits: Pick<ScannerLimits, 'sequenceDepth'>,
): Promise<ValuePlace | undefined> {
  const finder = new Finder(path);
  const scanner = new DatasetScanner(encoding, finder, { ...limits, collectedBytes: 0 });
  for await (const piece of pieces) {
    scanner.write(piece);
    if (finder.place || finder.over) break;
  }
  return finder.place;
}
