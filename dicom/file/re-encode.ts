/**
 * Turns a data set from one of the three uncompressed encodings (PS3.5 Annex A) into another little endian one while its
 * bytes pass by. Sequences and items come out with undefined length, so that nothing has to be held to count it.
 */
import { pixelUnitBytes, unitBytes } from '../data/dataset.ts';
import { isUnsignedOrSigned } from '../data/dictionary.ts';
import { pixelData } from './dataset-handler.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader, ScannerLimits } from './dataset-handler.ts';
import type { Encoding } from './element-header.ts';
import {
  elementHeader,
  itemDelimiter,
  itemOfUndefinedLength,
  longHeaderVRs,
  sequenceDelimiter,
  shortAt,
} from './element-header.ts';

/** A run of the source's bytes, in units whose order is turned. */
interface Run {
  from: number;
  length: number;
  readonly unit: number;
}

/** Padded with zero instead of a blank (PS3.5 Section 6.2). */
const zeroPadded = new Set(['OB', 'UI', 'UN']);
const bitsAllocated = 0x00280100;
const pixelRepresentation = 0x00280103;
/** The longest value of a VR whose explicit header counts in two bytes. */
const longestShortValue = 0xfffe;

export class ReEncoder implements DatasetHandler {
  readonly #scanner: DatasetScanner;
  readonly #explicit: boolean;
  /** What is still to be written, in order; runs may reach beyond what has come. */
  #due: (Buffer | Run)[] = [];
  /** Bytes of the source before the present piece. */
  #before = 0;
  /** The beginning of a unit whose rest comes with the next piece. */
  #part: Buffer = Buffer.alloc(0);
  #signed = false;
  /** Of the image, not of an icon in it; undefined until it has come. */
  #bitsAllocated: number | undefined;

  /** @param explicit whether Explicit or Implicit VR Little Endian comes out */
  constructor(from: Encoding, explicit: boolean, limits: Pick<ScannerLimits, 'sequenceDepth'>) {
    this.#explicit = explicit;
    // The values that are looked at have two bytes.
    this.#scanner = new DatasetScanner(from, this, { ...limits, collectedBytes: 2 });
  }

  /** @returns what can be written by now; parts of `piece` among it @throws BadDataset */
  write(piece: Uint8Array): Buffer[] {
    this.#scanner.write(piece);
    const out: Buffer[] = [];
    let written = 0;
    for (const next of this.#due) {
      if (Buffer.isBuffer(next)) out.push(next);
      else if (!this.#copy(next, piece, out)) break;
      written++;
    }
    this.#due.splice(0, written);
    this.#before += piece.length;
    return joinSmall(out);
  }

  /** @throws BadDataset when the data set ends in the middle of something */
  end(): void {
    this.#scanner.end();
  }

  element(header: ElementHeader): Choice {
    const { tag, length, offset } = header;
    // Group lengths (PS3.5 7.2) would no longer be right, and are retired.
    if ((tag & 0xffff) === 0) return 'skip';
    // What implicit VR leaves open between US and SS, Pixel Representation decides (PS3.3 C.7.6.3, C.11.1).
    const vr = header.vr === 'US' && this.#signed && isUnsignedOrSigned(tag) ? 'SS' : header.vr;
    if (vr === 'SQ' || (length < 0 && vr !== 'OB' && vr !== 'OW' && tag !== pixelData)) {
      this.#due.push(elementHeader(tag, 'SQ', -1, this.#explicit));
      return 'enter';
    }
    // Fragments have no place in an uncompressed encoding (PS3.5 A.4).
    if (length < 0) return 'skip';
    const even = length + (length % 2);
    // PS3.5 6.2.2: a value that is too long for the short header of its VR is written as UN.
    const written = even > longestShortValue && !longHeaderVRs.has(vr) ? 'UN' : vr;
    this.#due.push(elementHeader(tag, written, even, this.#explicit));
    this.#due.push({ from: offset, length, unit: header.bigEndian ? this.#unitOf(header, vr) : 1 });
    if (length % 2) this.#due.push(Buffer.from(zeroPadded.has(vr) ? '\0' : ' '));
    return (tag === pixelRepresentation || tag === bitsAllocated) && length === 2 ? 'collect' : 'skip';
  }

  value({ tag, depth, bigEndian }: ElementHeader, bytes: Buffer): void {
    const value = shortAt(bytes, 0, bigEndian);
    if (tag === pixelRepresentation) this.#signed = value === 1;
    else if (depth === 0) this.#bitsAllocated = value;
  }

  /** Pixel Data as frames of it are read, so that both say the same. */
  #unitOf({ tag, depth }: ElementHeader, vr: string): number {
    return tag === pixelData && depth === 0 && this.#bitsAllocated !== undefined
      ? pixelUnitBytes(this.#bitsAllocated, vr)
      : (unitBytes[vr] ?? 1);
  }

  startItem(): void {
    this.#due.push(itemOfUndefinedLength);
  }

  endItem(): void {
    this.#due.push(itemDelimiter);
  }

  endSequence(): void {
    this.#due.push(sequenceDelimiter);
  }

  /** Copies what has come of a run. @returns whether that was all of it */
  #copy(run: Run, piece: Uint8Array, out: Buffer[]): boolean {
    const end = Math.min(run.from + run.length, this.#before + piece.length);
    if (end > run.from) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset + run.from - this.#before, end - run.from);
      run.length -= bytes.length;
      run.from = end;
      if (run.unit === 1) out.push(bytes);
      else out.push(this.#turned(bytes, run.unit, run.length === 0));
    }
    return run.length === 0;
  }

  #turned(bytes: Buffer, unit: number, last: boolean): Buffer {
    const all = Buffer.concat([this.#part, bytes]);
    const whole = all.length - (all.length % unit);
    this.#part = last ? Buffer.alloc(0) : all.subarray(whole);
    const turned = all.subarray(0, whole);
    if (unit === 2) turned.swap16();
    else if (unit === 4) turned.swap32();
    else turned.swap64();
    return last ? all : turned;
  }
}

const small = 4096;

/** Many headers and short values as one buffer; long values stay as they are. */
function joinSmall(pieces: readonly Buffer[]): Buffer[] {
  const joined: Buffer[] = [];
  let run: Buffer[] = [];
  const close = (): void => {
    if (run.length > 0) joined.push(run.length === 1 ? (run[0] as Buffer) : Buffer.concat(run));
    run = [];
  };
  for (const piece of pieces) {
    if (piece.length >= small) {
      close();
      joined.push(piece);
    } else if (piece.length > 0) run.push(piece);
  }
  close();
  return joined;
}
