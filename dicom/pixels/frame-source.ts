/**
 * The bytes of single frames as they are stored, in every transfer syntax, by reading as little as possible (PS3.5
 * Section 8.1.2 for native, Annex A.4 for encapsulated Pixel Data).
 */
import { pixelUnitBytes } from '../data/dataset.ts';
import { CannotDecode } from './decoded-frame.ts';
import { framesIn, tellFramesApart, walkFragments } from './fragments.ts';
import { type ByteRange, decodeFrameTable, type FrameTable, frameRanges } from './frame-table.ts';
import { inflatedRange } from './inflated-range.ts';
import { arranged, type Arrangement, type FrameShape, nativeFrameBits } from './native-frame.ts';
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

/** What is known of an instance's Pixel Data since it was received. */
export interface StoredPixels {
  readonly syntax: TransferSyntax;
  /** Where Pixel Data's value begins, in bytes of the data set (of the inflated one, where it is deflated). */
  readonly offset: number;
  /** Its length in bytes, or -1 when it is encapsulated. */
  readonly length: number;
  /** The VR of Pixel Data, where it is known: samples of 8 bits in OW are swapped in big endian. */
  readonly vr?: string | undefined;
  /** The compact frame table (`frame-table.ts`) of encapsulated Pixel Data. */
  readonly frameTable: Buffer | undefined;
  /** As the data set says; undefined where it says nothing. */
  readonly numberOfFrames: number | undefined;
  /** Of the whole data set as it is stored. */
  readonly datasetLength: number;
}

/** Reads the data set as it is stored; offsets count from its first byte. */
export interface DatasetBytes {
  /** @param into  at least `length` bytes that the range may be read into */
  readRange(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  readStream(offset: number, length: number): AsyncIterable<Uint8Array>;
  /** Who does what takes long; without it, it is done where the frame is asked for. */
  readonly work?: NativeWork | undefined;
}

/** What native frames take beside reading, where their bytes do not stand as they are wanted. */
export interface NativeWork {
  /** A range of the data set, which is deflated. @throws CannotDecode */
  inflate(range: ByteRange): Promise<Buffer>;
  /** As `arranged`. */
  arrange(words: Buffer, arrangement: Arrangement): Promise<Buffer>;
}

export interface FrameLimits {
  /** One frame as it is stored. */
  readonly frameBytes: number;
  /** What a deflated data set may grow to. */
  readonly inflatedBytes: number;
}

/** The instance has no frame of this number. */
export class NoSuchFrame extends Error {
  override name = 'NoSuchFrame';
}

export interface FrameSource {
  readonly syntax: TransferSyntax;
  /** How many frames there are: what the data set says, but no more than its Pixel Data holds. @throws CannotDecode */
  numberOfFrames(): Promise<number>;
  /**
   * Where frame `frame` (from 0) lies in the stored data set; undefined where `read` gives other bytes than stand there
   * (deflated and big endian data sets, frames that begin or end inside a byte).
   * @throws NoSuchFrame, CannotDecode
   */
  locate(frame: number): Promise<readonly ByteRange[] | undefined>;
  /**
   * Frame `frame` (from 0): as it is stored, fragments joined, or for a native one in little endian and beginning on a
   * byte. That is what `decodeFrame` of its transfer syntax takes.
   * @param into  memory that it is read into where that fits and is possible: then it stands at its beginning
   * @throws NoSuchFrame, CannotDecode
   */
  read(frame: number, into?: Buffer): Promise<Buffer>;
}

/** Frames by the form of their Pixel Data (PS3.5 8.2, Annex A.4); nothing is read before one is asked for. */
export function openFrames(
  pixels: StoredPixels,
  shape: FrameShape,
  bytes: DatasetBytes,
  limits: FrameLimits,
): FrameSource {
  return pixels.length < 0
    ? new EncapsulatedFrames(pixels, shape, bytes, limits)
    : new NativeFrames(pixels, shape, bytes, limits);
}

class EncapsulatedFrames implements FrameSource {
  readonly syntax: TransferSyntax;
  readonly #pixels: StoredPixels;
  readonly #shape: FrameShape;
  readonly #bytes: DatasetBytes;
  readonly #limits: FrameLimits;
  #table: Promise<FrameTable> | undefined;

  constructor(pixels: StoredPixels, shape: FrameShape, bytes: DatasetBytes, limits: FrameLimits) {
    this.syntax = pixels.syntax;
    // Leniency: a number of frames below one says nothing.
    const numberOfFrames = (pixels.numberOfFrames ?? 0) > 0 ? pixels.numberOfFrames : undefined;
    this.#pixels = { ...pixels, numberOfFrames };
    this.#shape = shape;
    this.#bytes = bytes;
    this.#limits = limits;
  }

  async numberOfFrames(): Promise<number> {
    const held = framesIn(await this.#frameTable());
    return Math.min(this.#pixels.numberOfFrames ?? held, held);
  }

  async locate(frame: number): Promise<readonly ByteRange[]> {
    const table = await this.#frameTable();
    const ranges = frameRanges(table, frame);
    if (frame < 0 || frame >= (this.#pixels.numberOfFrames ?? Infinity) || ranges.length === 0)
      throw new NoSuchFrame(`the instance has ${await this.numberOfFrames()} frames`);
    const last = ranges.at(-1) as ByteRange;
    if (last.offset + last.length > this.#pixels.datasetLength)
      throw new CannotDecode(`the data set ends inside frame ${frame + 1}`);
    const held = ranges.filter(({ length }) => length > 0);
    if (held.length === 0) throw new CannotDecode(`frame ${frame + 1} has no bytes`);
    if (!this.syntax.encapsulated) this.#checkNative(held.reduce((sum, { length }) => sum + length, 0));
    return held;
  }

  /** Under the name of a native syntax a fragment that is as long as a frame is one; any other is of a syntax that nobody names. */
  #checkNative(length: number): void {
    const frameBytes = Math.ceil(nativeFrameBits(this.#shape, length, 1) / 8);
    if (length !== frameBytes && length !== frameBytes + (frameBytes % 2))
      throw new CannotDecode(
        `a frame in fragments of ${length} bytes, where one without compression has ${frameBytes}`,
      );
  }

  async read(frame: number, into?: Buffer): Promise<Buffer> {
    const ranges = await this.locate(frame);
    const total = ranges.reduce((sum, { length }) => sum + length, 0);
    checkLength(total, this.#limits);
    const lent = into && total <= into.length ? into : undefined;
    const [{ offset, length }, ...more] = ranges as [ByteRange, ...ByteRange[]];
    if (more.length === 0) return this.#bytes.readRange(offset, length, lent);
    const joined = (lent ?? Buffer.allocUnsafeSlow(total)).subarray(0, total);
    let at = 0;
    for (const range of ranges) {
      const place = joined.subarray(at, at + range.length);
      const part = await this.#bytes.readRange(range.offset, range.length, place);
      if (part.buffer !== place.buffer) part.copy(place);
      at += range.length;
    }
    return joined;
  }

  #frameTable(): Promise<FrameTable> {
    // A storage that was away for a moment is asked again for the next frame.
    this.#table ??= this.#findTable().catch((error: unknown) => {
      this.#table = undefined;
      throw error;
    });
    return this.#table;
  }

  async #findTable(): Promise<FrameTable> {
    const { frameTable, offset, datasetLength } = this.#pixels;
    if (this.syntax.deflated) throw new CannotDecode('Pixel Data in fragments within a deflated data set');
    const read = (at: number, length: number): Promise<Buffer> => this.#bytes.readRange(at, length);
    const table = frameTable ? decodeFrameTable(frameTable) : await walkFragments(offset, datasetLength, read);
    const { fragmentsPerFrame, fragmentLengths } = table;
    // It is given as one: where a frame begins, only a player of the stream knows.
    if (this.syntax.isVideo && fragmentLengths.length > 0)
      return { ...table, fragmentsPerFrame: [fragmentLengths.length] };
    // "All to one frame" may also be frames that nobody counted: how the fragments begin shows it.
    const isSure =
      fragmentsPerFrame === 'one-each' || (fragmentsPerFrame !== 'unknown' && fragmentsPerFrame.length > 1);
    if (isSure || fragmentLengths.length === 0) return table;
    return tellFramesApart(table, this.#pixels, read);
  }
}

class NativeFrames implements FrameSource {
  readonly syntax: TransferSyntax;
  readonly #pixels: StoredPixels;
  readonly #bytes: DatasetBytes;
  readonly #limits: FrameLimits;
  readonly #frameBits: number;
  readonly #frames: number;
  /** Bytes of a word whose order the transfer syntax turns around; 1 where nothing is turned. */
  readonly #wordBytes: number;

  constructor(pixels: StoredPixels, shape: FrameShape, bytes: DatasetBytes, limits: FrameLimits) {
    this.syntax = pixels.syntax;
    this.#pixels = pixels;
    this.#bytes = bytes;
    this.#limits = limits;
    const declared = Math.max(1, pixels.numberOfFrames ?? 1);
    this.#frameBits = nativeFrameBits(shape, pixels.length, declared);
    this.#frames = this.#frameBits > 0 ? Math.min(declared, Math.floor((pixels.length * 8) / this.#frameBits)) : 0;
    this.#wordBytes = pixels.syntax.bigEndian ? pixelUnitBytes(shape.bitsAllocated, pixels.vr) : 1;
  }

  async numberOfFrames(): Promise<number> {
    return this.#frames;
  }

  async locate(frame: number): Promise<readonly ByteRange[] | undefined> {
    const firstBit = this.#firstBit(frame);
    if (this.syntax.deflated || this.#wordBytes > 1 || firstBit % 8 !== 0 || this.#frameBits % 8 !== 0)
      return undefined;
    return [{ offset: this.#pixels.offset + firstBit / 8, length: this.#frameBits / 8 }];
  }

  async read(frame: number, into?: Buffer): Promise<Buffer> {
    const firstBit = this.#firstBit(frame);
    const lastBit = firstBit + this.#frameBits;
    // Whole words, so that they can be turned around; Pixel Data has a whole number of them.
    const word = this.#wordBytes;
    const from = Math.floor(firstBit / 8 / word) * word;
    const to = Math.min(Math.ceil(Math.ceil(lastBit / 8) / word) * word, this.#pixels.length);
    checkLength(to - from, this.#limits);
    const range = { offset: this.#pixels.offset + from, length: to - from };
    const arrangement = { wordBytes: word, fromBit: firstBit - from * 8, bits: this.#frameBits };
    const isAsWanted = word === 1 && firstBit % 8 === 0 && this.#frameBits % 8 === 0;
    const { work } = this.#bytes;
    // What is arranged elsewhere is given away, with its memory.
    const lent = isAsWanted && into && range.length <= into.length ? into : undefined;
    const bytes = await this.#readRange(range, frame, lent);
    return isAsWanted || !work ? arranged(bytes, arrangement) : work.arrange(bytes, arrangement);
  }

  #firstBit(frame: number): number {
    if (this.#frames === 0) throw new CannotDecode(`Pixel Data of ${this.#pixels.length} bytes is less than a frame`);
    if (frame < 0 || frame >= this.#frames) throw new NoSuchFrame(`the instance has ${this.#frames} frames`);
    return frame * this.#frameBits;
  }

  #readRange(range: ByteRange, frame: number, into: Buffer | undefined): Promise<Buffer> {
    const { datasetLength, syntax } = this.#pixels;
    if (syntax.deflated) {
      const { work } = this.#bytes;
      if (work) return work.inflate(range);
      return inflatedRange(this.#bytes.readStream(0, datasetLength), range, this.#limits.inflatedBytes);
    }
    if (range.offset + range.length > datasetLength)
      throw new CannotDecode(`the data set ends inside frame ${frame + 1}`);
    return this.#bytes.readRange(range.offset, range.length, into);
  }
}

function checkLength(length: number, { frameBytes }: FrameLimits): void {
  if (length > frameBytes) throw new CannotDecode(`a frame of ${length} bytes, of at most ${frameBytes}`);
}
