/**
 * Reads from a data set that passes by what the index keeps of it: the indexed attributes, where Pixel Data lies and
 * where its frames begin. Bytes in, one `InstanceRecord` out; nothing else of the data set is held.
 */
import { once } from 'node:events';
import { createInflateRaw } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import { decodeText, defaultCharacterSet, parseSpecificCharacterSet } from '#dicom/data/character-sets.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { DatasetScanner, pixelData } from '#dicom/file/dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader, Encoding } from '#dicom/file/dataset-scanner.ts';
import { assignFragments, encodeFrameTable } from '#dicom/pixels/frame-table.ts';
import { indexedAttributes } from '#index/attributes.ts';

/** What was read, as text without padding; an absent or empty attribute is ''. */
export interface ReadInstance {
  readonly values: ReadonlyMap<number, string>;
  /** Top-level Pixel Data's value in the data set; length -1 when it is encapsulated. */
  readonly pixels: { readonly offset: number; readonly length: number } | undefined;
  /** The compact frame table of encapsulated Pixel Data. */
  readonly frames: Buffer | undefined;
}

/** Longest attribute that is read for the index, in bytes; a longer one is passed over. */
const attributeBytes = 64 * 1024;
/** Longest offset table that is read, in bytes: a quarter of a million frames. */
const offsetTableBytes = 2 * 1024 * 1024;
/** Most fragments that are noted; beyond, frames are found by reading the object. */
const fragmentLimit = 1_000_000;

const specificCharacterSet = 0x00080005;
const extendedOffsetTable = 0x7fe00001;
const floatPixelData = 0x7fe00008;
const doubleFloatPixelData = 0x7fe00009;
const numberOfFrames = 0x00280008;

const top = new Set(indexedAttributes.filter((a) => a.received && a.within === undefined).map((a) => a.tag));
const nested = new Map(indexedAttributes.filter((a) => a.within !== undefined).map((a) => [a.tag, a.within as number]));
const sequences = new Set(nested.values());

class IndexHandler implements DatasetHandler {
  readonly found = new Map<number, { header: ElementHeader; bytes: Buffer }>();
  pixels: { offset: number; length: number } | undefined;
  fragmentLengths: number[] = [];
  firstFragment = 0;
  basicOffsets: Buffer | undefined;
  #fragments = 0;
  #within = 0;

  element(header: ElementHeader): Choice {
    const { tag, depth, length } = header;
    if (depth === 0) {
      if (sequences.has(tag)) {
        this.#within = tag;
        return 'enter';
      }
      if (tag === pixelData || tag === floatPixelData || tag === doubleFloatPixelData) {
        this.pixels = { offset: header.offset, length };
        return length < 0 ? 'enter' : 'skip';
      }
      if (tag === extendedOffsetTable) return length <= offsetTableBytes ? 'collect' : 'skip';
      if (!top.has(tag) && tag !== specificCharacterSet) return 'skip';
    } else if (depth !== 1 || nested.get(tag) !== this.#within || this.found.has(tag)) {
      return 'skip';
    }
    return length >= 0 && length <= attributeBytes ? 'collect' : 'skip';
  }

  value(header: ElementHeader, bytes: Buffer): void {
    // A copy: the piece it was cut from is as large as a PDU and would stay alive with it.
    this.found.set(header.tag, { header, bytes: Buffer.from(bytes) });
  }

  fragment(offset: number, length: number): Choice {
    if (this.#fragments++ === 0) {
      this.firstFragment = offset + length + 8;
      return length > 0 && length <= offsetTableBytes ? 'collect' : 'skip';
    }
    if (this.fragmentLengths.length < fragmentLimit) this.fragmentLengths.push(length);
    return 'skip';
  }

  fragmentValue(bytes: Buffer): void {
    this.basicOffsets = Buffer.from(bytes);
  }
}

export class InstanceReader {
  readonly #handler = new IndexHandler();
  readonly #scanner: DatasetScanner;
  readonly #inflate: InflateRaw | undefined;
  readonly #inflatedLimit: number;
  #inflatedBytes = 0;
  #failure: Error | undefined;

  constructor(
    encoding: Encoding & { readonly deflated: boolean },
    limits: { readonly sequenceDepth: number; readonly inflatedBytes: number },
  ) {
    this.#scanner = new DatasetScanner(encoding, this.#handler, {
      sequenceDepth: limits.sequenceDepth,
      collectedBytes: offsetTableBytes,
    });
    this.#inflatedLimit = limits.inflatedBytes;
    if (encoding.deflated) {
      this.#inflate = createInflateRaw();
      this.#inflate.on('data', (piece: Buffer) => this.#takeInflated(piece));
      this.#inflate.on('error', (error) => {
        this.#failure ??= new BadDataset(
          0,
          this.#scanner.position,
          `the deflated stream is damaged (${error.message})`,
        );
      });
    }
  }

  /** How many of the next bytes nobody needs to see, Pixel Data above all: who has them on disk may `pass` them by. */
  get passing(): number {
    return this.#inflate ? 0 : this.#scanner.passing;
  }

  /** Goes on behind the next bytes. @param count at most `passing` */
  pass(count: number): void {
    this.#scanner.pass(count);
  }

  /** Takes the next bytes; a promise only where they must be inflated first. @throws BadDataset */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#inflate) {
      this.#scanner.write(chunk);
      return undefined;
    }
    return this.#deflatedWrite(this.#inflate, chunk);
  }

  /** @throws BadDataset when the data set ends in the middle of something */
  async end(): Promise<ReadInstance> {
    if (this.#inflate) {
      // An error ends the waiting too; what it says is in #failure by then.
      const over = Promise.race([once(this.#inflate, 'end'), once(this.#inflate, 'close')]).catch(() => undefined);
      this.#inflate.end();
      if (!this.#failure) await over;
      if (this.#failure) throw this.#failure;
    }
    this.#scanner.end();
    return this.#result();
  }

  /** Lets go of the decompressor, when reading stops early. */
  destroy(): void {
    this.#inflate?.destroy();
  }

  async #deflatedWrite(inflate: InflateRaw, chunk: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    await new Promise<void>((resolve) => {
      inflate.once('close', resolve);
      inflate.write(chunk, () => {
        inflate.off('close', resolve);
        resolve();
      });
    });
    if (this.#failure) throw this.#failure;
  }

  #takeInflated(piece: Buffer): void {
    if (this.#failure) return;
    this.#inflatedBytes += piece.length;
    try {
      if (this.#inflatedBytes > this.#inflatedLimit) {
        throw new BadDataset(0, this.#inflatedBytes, `inflates to more than ${this.#inflatedLimit} bytes`);
      }
      this.#scanner.write(piece);
    } catch (error) {
      this.#failure = error as Error;
      this.#inflate?.destroy();
    }
  }

  #result(): ReadInstance {
    const { found, pixels } = this.#handler;
    const charset = found.get(specificCharacterSet);
    const characterSet = charset ? parseSpecificCharacterSet(charset.bytes.toString('latin1')) : defaultCharacterSet;
    const values = new Map<number, string>();
    for (const [tag, { header, bytes }] of found) {
      if (tag !== extendedOffsetTable) values.set(tag, textOf(header, bytes, characterSet));
    }
    return {
      values,
      pixels,
      frames: pixels && pixels.length < 0 ? this.#frameTable(Number(values.get(numberOfFrames)) || 1) : undefined,
    };
  }

  #frameTable(frames: number): Buffer | undefined {
    const { fragmentLengths, firstFragment, basicOffsets, found } = this.#handler;
    if (fragmentLengths.length >= fragmentLimit) return undefined;
    const extended = found.get(extendedOffsetTable)?.bytes;
    const offsets: number[] = [];
    if (extended)
      for (let at = 0; at + 8 <= extended.length; at += 8) offsets.push(Number(extended.readBigUInt64LE(at)));
    else if (basicOffsets)
      for (let at = 0; at + 4 <= basicOffsets.length; at += 4) offsets.push(basicOffsets.readUInt32LE(at));
    const assigned = assignFragments(fragmentLengths, frames, offsets);
    if (assigned === undefined) return undefined;
    return encodeFrameTable({
      firstFragment,
      fragmentLengths,
      fragmentsPerFrame: assigned === 'one-each' ? undefined : assigned,
    });
  }
}

/** A value as text: numbers in decimal, padding removed (PS3.5 6.2). */
function textOf({ vr, bigEndian }: ElementHeader, bytes: Buffer, characterSet: readonly string[]): string {
  if (vr === 'US') return bytes.length < 2 ? '' : String(bigEndian ? bytes.readUInt16BE() : bytes.readUInt16LE());
  if (vr === 'UI') return bytes.toString('latin1').replace(/[\0 ]+$/, '');
  // eslint-disable-next-line no-control-regex -- the pad is a blank, but devices write NUL
  return decodeText(bytes, characterSet).replace(/^ +|[\0 ]+$/g, '');
}
