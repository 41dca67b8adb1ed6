/**
 * Reads from a data set that passes by what the index keeps of it: the indexed attributes, where Pixel Data lies and
 * where its frames begin. Bytes in, one `InstanceRecord` out; nothing else of the data set is held.
 */
import { defaultCharacterSet, parseSpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { SpecificCharacterSet } from '#dicom/data/character-sets.ts';
import { binaryNumber, binarySizes } from '#dicom/data/dataset.ts';
import { impliedVR } from '#dicom/data/dictionary.ts';
import { recogniseText } from '#dicom/data/mislabelled-text.ts';
import type { RecognisedText } from '#dicom/data/mislabelled-text.ts';
import { trimmedValue } from '#dicom/data/padding.ts';
import { DatasetInflater } from '#dicom/file/dataset-inflater.ts';
import { pixelTags } from '#dicom/file/dataset-handler.ts';
import { DatasetScanner } from '#dicom/file/dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader } from '#dicom/file/dataset-handler.ts';
import type { Encoding } from '#dicom/file/element-header.ts';
import { assignFragments, encodeFrameTable } from '#dicom/pixels/frame-table.ts';
import { limits } from '#settings/limits.ts';
import { indexedAttributes, retiredOtherPatientIDs } from './attributes.ts';
import { RejectionNoteReader, isKeyObjectSelection } from './rejection-note.ts';
import type { RejectionNote } from './rejection-note.ts';

/** What was read, as text without padding; an absent or empty attribute is ''. */
export interface ReadInstance {
  readonly values: ReadonlyMap<number, string>;
  /** By sequence, of each item what the index keeps of it; items with nothing of that are left out. */
  readonly items: ReadonlyMap<number, readonly ReadonlyMap<number, string>[]>;
  /** A text among them is not written in the character set that the data set declares. */
  readonly isMislabelled: boolean;
  /** Top-level Pixel Data's value in the data set; length -1 when it is encapsulated. */
  readonly pixels: { readonly offset: number; readonly length: number } | undefined;
  /** The compact frame table of encapsulated Pixel Data. */
  readonly frames: Buffer | undefined;
  /** What it rejects, where it is a rejection note. */
  readonly rejection: RejectionNote | undefined;
}

/** Longest attribute that is read for the index, in bytes; a longer one is passed over. */
const attributeBytes = 64 * 1024;
/** The same within an item, of which there may be many. */
const itemAttributeBytes = 1024;
/** Longest offset table that is read, in bytes: a quarter of a million frames. */
const offsetTableBytes = 2 * 1024 * 1024;
/** Most fragments that are noted; beyond, frames are found by reading the object. */
const fragmentLimit = 1_000_000;

const specificCharacterSet = 0x00080005;
const sopClassUID = 0x00080016;
const extendedOffsetTable = 0x7fe00001;
const numberOfFrames = 0x00280008;

const top = new Set([
  ...indexedAttributes.filter((a) => a.received && a.within === undefined).map((a) => a.tag),
  retiredOtherPatientIDs,
]);
const nested = new Map(indexedAttributes.filter((a) => a.within !== undefined).map((a) => [a.tag, a.within as number]));
const sequences = new Set(nested.values());

interface Found {
  readonly header: ElementHeader;
  readonly bytes: Buffer;
}

interface FoundItem {
  /** Its own, where it has one (PS3.3 C.12.1.1.2). */
  characterSet: SpecificCharacterSet | undefined;
  readonly found: Map<number, Found>;
}

class IndexHandler implements DatasetHandler {
  readonly found = new Map<number, Found>();
  readonly items = new Map<number, FoundItem[]>();
  pixels: { offset: number; length: number } | undefined;
  fragmentLengths: number[] = [];
  firstFragment = 0;
  basicOffsets: Buffer | undefined;
  /** Made when SOP Class UID says that there may be something to read. */
  note: RejectionNoteReader | undefined;
  /** Of the items entered, one within the other. */
  #depth = 0;
  #fragments = 0;
  #within = 0;
  #item: FoundItem | undefined;

  element(header: ElementHeader): Choice {
    const { tag, depth, length } = header;
    if (depth === 0) {
      if (this.note?.enters(tag)) return 'enter';
      if (sequences.has(tag)) {
        this.#within = tag;
        this.#item = undefined;
        return 'enter';
      }
      if (pixelTags.has(tag)) {
        this.pixels = { offset: header.offset, length };
        return length < 0 ? 'enter' : 'skip';
      }
      if (tag === extendedOffsetTable) return length <= offsetTableBytes ? 'collect' : 'skip';
      if (!top.has(tag) && tag !== specificCharacterSet) return 'skip';
    } else {
      if (this.note?.isInside) return this.note.element(header);
      const isWanted = tag === specificCharacterSet || nested.get(tag) === this.#within;
      return this.#item && isWanted && depth === 1 && length >= 0 && length <= itemAttributeBytes ? 'collect' : 'skip';
    }
    return length >= 0 && length <= attributeBytes ? 'collect' : 'skip';
  }

  startItem(): void {
    const depth = this.#depth++;
    if (this.note?.isInside) return this.note.startItem(depth);
    const items = this.items.get(this.#within) ?? [];
    this.items.set(this.#within, items);
    // An item with nothing of what is kept takes no place.
    if (this.#item?.found.size === 0) items.pop();
    this.#item = items.length < limits.dataset.indexedItems ? { characterSet: undefined, found: new Map() } : undefined;
    if (this.#item) items.push(this.#item);
  }

  endItem(): void {
    const depth = --this.#depth;
    if (this.note?.isInside) this.note.endItem(depth);
  }

  value(header: ElementHeader, bytes: Buffer): void {
    if (header.depth > 0 && this.note?.isInside) return this.note.value(header, bytes);
    if (header.tag === sopClassUID && isKeyObjectSelection(textOf(header, bytes, defaultCharacterSet).text))
      this.note = new RejectionNoteReader();
    if (header.depth > 0 && header.tag === specificCharacterSet) {
      if (this.#item) this.#item.characterSet = characterSetOf(bytes);
      return;
    }
    const found = header.depth > 0 ? this.#item?.found : this.found;
    // A copy: the piece it was cut from is as large as a PDU and would stay alive with it.
    found?.set(header.tag, { header, bytes: Buffer.from(bytes) });
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
  readonly #inflater: DatasetInflater | undefined;
  readonly #habit: SpecificCharacterSet;

  /** @param characterSet  Specific Character Set of a data set that names none, values joined by backslashes */
  constructor(
    encoding: Encoding & { readonly deflated: boolean },
    limits: { readonly sequenceDepth: number; readonly inflatedBytes: number },
    characterSet?: string,
  ) {
    this.#habit = characterSet === undefined ? defaultCharacterSet : parseSpecificCharacterSet(characterSet);
    this.#scanner = new DatasetScanner(encoding, this.#handler, {
      sequenceDepth: limits.sequenceDepth,
      collectedBytes: offsetTableBytes,
    });
    if (encoding.deflated)
      this.#inflater = new DatasetInflater((piece) => this.#scanner.write(piece), limits.inflatedBytes);
  }

  /** How many of the next bytes nobody needs to see, Pixel Data above all: who has them on disk may `pass` them by. */
  get passing(): number {
    return this.#inflater ? 0 : this.#scanner.passing;
  }

  /** Where Pixel Data's value begins in the data set as it is stored; undefined until it has come, and where it is deflated. */
  get pixelOffset(): number | undefined {
    return this.#inflater ? undefined : this.#handler.pixels?.offset;
  }

  /** Goes on behind the next bytes. @param count at most `passing` */
  pass(count: number): void {
    this.#scanner.pass(count);
  }

  /** Takes the next bytes; a promise only where they must be inflated first. @throws BadDataset */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#inflater) return this.#inflater.write(chunk);
    this.#scanner.write(chunk);
    return undefined;
  }

  /** @throws BadDataset when the data set ends in the middle of something */
  async end(): Promise<ReadInstance> {
    await this.#inflater?.end();
    this.#scanner.end();
    return this.#result();
  }

  /** Lets go of the decompressor, when reading stops early. */
  destroy(): void {
    this.#inflater?.destroy();
  }

  #result(): ReadInstance {
    const { found, items, pixels } = this.#handler;
    const declared = found.get(specificCharacterSet);
    // An empty one names none either.
    const around = declared && declared.bytes.some(isWritten) ? characterSetOf(declared.bytes) : this.#habit;
    let isMislabelled = false;
    const read = (all: ReadonlyMap<number, Found>, characterSet: SpecificCharacterSet): Map<number, string> => {
      const values = new Map<number, string>();
      for (const [tag, { header, bytes }] of all) {
        if (tag === extendedOffsetTable) continue;
        const { text, mislabelledAs } = textOf(header, bytes, characterSet);
        values.set(tag, text);
        isMislabelled ||= mislabelledAs !== undefined;
      }
      return values;
    };
    const values = read(found, around);
    return {
      values,
      items: mapValues(items, (each) =>
        each
          .map((item) => read(item.found, item.characterSet ?? around))
          .filter((item) => [...item.values()].some((text) => text !== '')),
      ),
      isMislabelled,
      pixels,
      frames:
        pixels && pixels.length < 0 ? this.#frameTable(Number(values.get(numberOfFrames)) || undefined) : undefined,
      rejection: this.#handler.note?.note,
    };
  }

  #frameTable(frames: number | undefined): Buffer | undefined {
    const { fragmentLengths, firstFragment, basicOffsets, found } = this.#handler;
    if (fragmentLengths.length >= fragmentLimit) return undefined;
    const extended = found.get(extendedOffsetTable)?.bytes;
    const offsets: number[] = [];
    if (extended)
      for (let at = 0; at + 8 <= extended.length; at += 8) offsets.push(Number(extended.readBigUInt64LE(at)));
    else if (basicOffsets)
      for (let at = 0; at + 4 <= basicOffsets.length; at += 4) offsets.push(basicOffsets.readUInt32LE(at));
    const fragmentsPerFrame = assignFragments(fragmentLengths, frames, offsets);
    return encodeFrameTable({ firstFragment, fragmentLengths, fragmentsPerFrame });
  }
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> {
  return new Map(Array.from(map, ([key, value]) => [key, change(value)]));
}

const isWritten = (byte: number): boolean => byte !== 0 && byte !== 0x20;

function characterSetOf(bytes: Buffer): SpecificCharacterSet {
  return parseSpecificCharacterSet(bytes.toString('latin1'));
}

/** A value as text: numbers in decimal, padding removed (PS3.5 6.2). */
function textOf(header: ElementHeader, bytes: Buffer, characterSet: SpecificCharacterSet): RecognisedText {
  // UN is how a device writes on what it does not know; the dictionary does.
  const vr = header.vr === 'UN' ? impliedVR(header.tag) : header.vr;
  const size = binarySizes[vr];
  if (size !== undefined)
    return { text: bytes.length < size ? '' : String(binaryNumber(vr, bytes, 0, header.bigEndian)) };
  const read = vr === 'UI' ? { text: bytes.toString('latin1') } : recogniseText(bytes, characterSet, vr);
  return { ...read, text: trimmedValue(read.text) };
}
