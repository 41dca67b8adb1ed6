/**
 * Reads a data set (PS3.5 Section 7) while its bytes pass by, in pieces of any size, and tells a handler what it meets.
 * It holds a header of at most 12 bytes and the values the handler asked for, never the data set: Pixel Data of any
 * length costs nothing. The stack is ours, so that nested sequences cost a frame each and never the call stack.
 */
import { asBuffer } from '../data/as-buffer.ts';
import { impliedVR, printedTag } from '../data/dictionary.ts';
import { BadDataset } from './bad-dataset.ts';
import { pixelData } from './dataset-handler.ts';
import type { Choice, DatasetHandler, ElementHeader, ScannerLimits } from './dataset-handler.ts';
import { formAt, longAt, shortAt, withoutVR } from './element-header.ts';
import type { Encoding, HeaderForm } from './element-header.ts';
import { isGroupLength, itemEnd, observedEncoding, strangeForm } from './leniencies.ts';

const undefinedLength = 0xffffffff;
/** The group of items and delimiters. */
const delimiters = 0xfffe;
const item = 0xfffee000;
const itemDelimitation = 0xfffee00d;
const sequenceDelimitation = 0xfffee0dd;

interface Frame {
  readonly kind: 'elements' | 'items' | 'fragments';
  /** Where it ends, or Infinity until its delimiter comes. */
  readonly end: number;
  readonly encoding: Encoding;
  readonly depth: number;
  /** The handler passed over the sequence: its structure is walked, nothing is told. */
  readonly silent: boolean;
  readonly tag: number;
}

const implicitLittleEndian: Encoding = { explicitVR: false, bigEndian: false };

export class DatasetScanner {
  readonly #handler: DatasetHandler;
  readonly #limits: ScannerLimits;
  readonly #stack: Frame[];
  #frame: Frame;
  /** Bytes of the data set that have been read. */
  #position = 0;
  #state: 'header' | 'skip' | 'collect' | 'padding' = 'header';
  #remaining = 0;
  readonly #carry = Buffer.alloc(12);
  #carried = 0;
  #header: ElementHeader | undefined;
  #collected: Buffer[] = [];

  constructor(encoding: Encoding, handler: DatasetHandler, limits: ScannerLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#frame = { kind: 'elements', end: Infinity, encoding, depth: 0, silent: false, tag: 0 };
    this.#stack = [this.#frame];
  }

  /** Bytes of the data set read so far. */
  get position(): number {
    return this.#position;
  }

  /** How the data set turned out to be written, which its first element has shown. */
  get encoding(): Encoding {
    return (this.#stack[0] as Frame).encoding;
  }

  /** How many of the next bytes belong to a value that is passed over: they need not be read, `pass` is as good. */
  get passing(): number {
    return this.#state === 'skip' ? this.#remaining : 0;
  }

  /** Goes on behind the next bytes without seeing them. @param count at most `passing` */
  pass(count: number): void {
    if (count > this.passing) throw new RangeError(`${count} bytes to pass over, where ${this.passing} may be`);
    this.#position += count;
    this.#remaining -= count;
    if (this.#state === 'skip' && this.#remaining === 0) this.#endValue();
  }

  /**
   * @param chunk is not looked at any more when this has returned
   * @throws BadDataset where the bytes cannot be a data set
   */
  write(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'header') at = this.#readHeader(bytes, at);
      else if (this.#state === 'padding') at = this.#readPadding(bytes, at);
      else {
        const take = Math.min(this.#remaining, bytes.length - at);
        if (this.#state === 'collect') {
          const part = bytes.subarray(at, at + take);
          // A copy where the value goes on in the next piece: by then other bytes may lie here.
          this.#collected.push(take < this.#remaining ? Buffer.from(part) : part);
        }
        at += take;
        this.#position += take;
        this.#remaining -= take;
        if (this.#remaining === 0) this.#endValue();
      }
    }
  }

  /** @throws BadDataset when the data set ends in the middle of something */
  end(): void {
    if (this.#state === 'padding') return;
    if (this.#state !== 'header') {
      throw this.#bad(`ends ${this.#remaining} bytes before the value does`);
    }
    // One trailing zero is the pad byte of a data set of odd length (PS3.8 Annex E asks for even fragments).
    if (this.#carried > 1 || (this.#carried === 1 && this.#carry[0] !== 0))
      throw this.#bad('ends inside an element header');
    if (this.#stack.length > 1) throw this.#bad('ends inside a sequence or encapsulated Pixel Data');
  }

  #readHeader(bytes: Buffer, from: number): number {
    // The usual case: the whole header lies in this piece.
    if (this.#carried === 0 && bytes.length - from >= 12) {
      return from + this.#takeHeader(bytes, from);
    }
    let at = from;
    while (at < bytes.length) {
      this.#carry[this.#carried++] = bytes[at++] as number;
      if (this.#carried === 12 || (this.#carried >= 8 && this.#formOf(this.#carry, 0).bytes === 8)) {
        this.#carried = 0;
        this.#takeHeader(this.#carry, 0);
        return at;
      }
    }
    return at;
  }

  /** How the header at `at` is laid out; items and delimiters never have a VR (PS3.5 7.5). */
  #formOf(bytes: Buffer, at: number): HeaderForm {
    if (this.#position === 0) this.#observe(bytes, at);
    const { encoding, kind } = this.#frame;
    if (!encoding.explicitVR || kind !== 'elements') return withoutVR;
    if (shortAt(bytes, at, encoding.bigEndian) === delimiters) return withoutVR;
    return formAt(bytes, at) ?? strangeForm(bytes, at, encoding.bigEndian);
  }

  /** Before the first element: everything is read as that one is written. */
  #observe(bytes: Buffer, at: number): void {
    const observed = observedEncoding(bytes, at, this.#frame.encoding);
    if (!observed || observed === this.#frame.encoding) return;
    this.#frame = { ...this.#frame, encoding: observed };
    this.#stack[0] = this.#frame;
  }

  /** Takes the header at `at`, where enough bytes are; returns how many it had. */
  #takeHeader(bytes: Buffer, at: number): number {
    if (this.#position === 0) this.#observe(bytes, at);
    const { bigEndian, explicitVR } = this.#frame.encoding;
    const group = shortAt(bytes, at, bigEndian);
    const tag = group * 0x10000 + shortAt(bytes, at + 2, bigEndian);
    if (group === delimiters) {
      this.#position += 8;
      this.#takeDelimiter(tag, longAt(bytes, at + 4, bigEndian));
      return 8;
    }
    // The same as `#formOf`, without looking at the tag again: this is done for each element that is received.
    const form = explicitVR ? (formAt(bytes, at) ?? strangeForm(bytes, at, bigEndian)) : withoutVR;
    const { letters, bytes: size } = form;
    const isFirst = this.#position === 0;
    if (tag === 0 && this.#stack.length === 1 && !(isFirst && isGroupLength(bytes, at, form, bigEndian))) {
      this.#state = 'padding';
      this.#readPadding(bytes.subarray(at, at + size), 0);
      return size;
    }
    if (this.#frame.kind !== 'elements') throw this.#bad(`expected an item, found ${printedTag(tag)}`);
    let length: number;
    if (letters === undefined) length = longAt(bytes, at + 4, bigEndian);
    else length = size === 12 ? longAt(bytes, at + 8, bigEndian) : shortAt(bytes, at + 6, bigEndian);
    this.#position += size;
    this.#startElement(tag, letters, length);
    return size;
  }

  #startElement(tag: number, letters: string | undefined, length: number): void {
    const frame = this.#frame;
    const vr = letters ?? impliedVR(tag);
    const header: ElementHeader = {
      tag,
      vr,
      length: length === undefinedLength ? -1 : length,
      offset: this.#position,
      depth: frame.depth,
      bigEndian: frame.encoding.bigEndian,
      implied: letters === undefined,
    };
    this.#header = header;
    if (header.length >= 0 && this.#position + length > frame.end) {
      throw this.#bad(`a length of ${length} bytes runs past the end of its item`);
    }
    const choice = frame.silent ? 'skip' : this.#handler.element(header);
    if (header.length < 0) {
      // PS3.5 7.5 and A.4: undefined length is a sequence, or fragments where the VR says bytes.
      const fragments = vr === 'OB' || vr === 'OW' || tag === pixelData;
      // PS3.5 6.2.2: UN of undefined length holds a sequence in Implicit VR Little Endian.
      const encoding = vr === 'UN' ? implicitLittleEndian : frame.encoding;
      const kind = fragments ? 'fragments' : 'items';
      this.#push({ kind, end: Infinity, encoding, silent: choice !== 'enter', tag });
    } else if (choice === 'enter') {
      this.#push({ kind: 'items', end: this.#position + length, encoding: frame.encoding, silent: false, tag });
      this.#closeFinished();
    } else {
      this.#startValue(choice, length);
    }
  }

  #startValue(choice: Choice, length: number): void {
    if (choice === 'collect' && length > this.#limits.collectedBytes) {
      throw this.#bad(`a length of ${length} bytes, where ${this.#limits.collectedBytes} is the most`);
    }
    this.#state = choice === 'collect' ? 'collect' : 'skip';
    this.#remaining = length;
    if (length === 0) this.#endValue();
  }

  #endValue(): void {
    const collected = this.#state === 'collect';
    this.#state = 'header';
    if (collected) {
      const bytes = this.#collected.length === 1 ? (this.#collected[0] as Buffer) : Buffer.concat(this.#collected);
      this.#collected = [];
      if (this.#frame.kind === 'fragments') this.#handler.fragmentValue?.(bytes);
      else this.#handler.value(this.#header as ElementHeader, bytes);
    }
    this.#closeFinished();
  }

  /** Items and delimiters (PS3.5 Table 7.5-1). */
  #takeDelimiter(tag: number, length: number): void {
    const frame = this.#frame;
    if (tag === item && frame.kind === 'items') {
      this.#startItem(length);
    } else if (tag === item && frame.kind === 'fragments') {
      if (length === undefinedLength) throw this.#bad('a fragment of undefined length');
      const choice = frame.silent ? 'skip' : (this.#handler.fragment?.(this.#position, length) ?? 'skip');
      this.#startValue(choice, length);
    } else if (tag === itemDelimitation && frame.kind === 'elements' && this.#stack.length > 1) {
      this.#pop();
      this.#closeFinished();
    } else if (tag === sequenceDelimitation && frame.kind !== 'elements') {
      this.#pop();
      this.#closeFinished();
    } else if (tag === sequenceDelimitation && this.#missingItemDelimiter()) {
      this.#pop();
      this.#pop();
      this.#closeFinished();
    } else {
      if (!this.#strayDelimiter(tag, length)) throw this.#bad(`${printedTag(tag)} where none belongs`);
      this.#closeFinished();
    }
  }

  #startItem(length: number): void {
    const frame = this.#frame;
    if (frame.depth + 1 > this.#limits.sequenceDepth)
      throw this.#bad(`sequences nested deeper than ${this.#limits.sequenceDepth}`);
    if (!frame.silent) this.#handler.startItem?.();
    const { encoding, silent, tag } = frame;
    const end = length === undefinedLength ? Infinity : itemEnd(this.#position + length, frame.end);
    this.#push({ kind: 'elements', end, encoding, silent, tag, depth: frame.depth + 1 });
    this.#closeFinished();
  }

  /** Leniency: the delimiter of a sequence of undefined length ends the item of undefined length in it too. */
  #missingItemDelimiter(): boolean {
    const sequence = this.#stack[this.#stack.length - 2];
    return this.#frame.end === Infinity && sequence?.end === Infinity;
  }

  /** Leniency: behind a sequence or an item that has said its length, a delimiter or an empty item is passed over. */
  #strayDelimiter(tag: number, length: number): boolean {
    return (
      length === 0 && (this.#frame.kind === 'elements' || (this.#frame.kind === 'items' && tag === itemDelimitation))
    );
  }

  #push(frame: Omit<Frame, 'depth'> & { depth?: number }): void {
    this.#frame = { ...frame, depth: frame.depth ?? this.#frame.depth };
    this.#stack.push(this.#frame);
  }

  #pop(): void {
    const frame = this.#stack.pop() as Frame;
    this.#frame = this.#stack[this.#stack.length - 1] as Frame;
    if (frame.silent) return;
    if (frame.kind === 'elements') this.#handler.endItem?.();
    else this.#handler.endSequence?.();
  }

  #closeFinished(): void {
    while (this.#position >= this.#frame.end) {
      if (this.#position > this.#frame.end) throw this.#bad('an element runs past the end of its item');
      this.#pop();
    }
  }

  /** Leniency `padding`: zeros up to the end, as some devices pad their files to a block; anything else after a zero tag is no data set. */
  #readPadding(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++, this.#position++)
      if (bytes[at] !== 0) throw this.#bad('a tag of (0000,0000)');
    return bytes.length;
  }

  #bad(what: string): BadDataset {
    return new BadDataset(this.#header?.tag ?? 0, this.#position, what);
  }
}
