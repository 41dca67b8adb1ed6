/**
 * Builds a data set in memory from what a scanner tells of it. Here, with everything around at hand, the value
 * representations are decided that the bytes leave open: private attributes, UN, and US or SS (PS3.5 6.2.2, 7.8, A.1).
 */
import { parseSpecificCharacterSet } from '../data/character-sets.ts';
import type { SpecificCharacterSet } from '../data/character-sets.ts';
import { turned } from '../data/dataset.ts';
import type { Dataset, Element } from '../data/dataset.ts';
import { impliedVR, isUnsignedOrSigned } from '../data/dictionary.ts';
import { withoutPadding } from '../data/padding.ts';
import { privateVR } from '../data/private-dictionary.ts';
import { BadDataset } from './bad-dataset.ts';
import { pixelData } from './dataset-handler.ts';
import { DatasetScanner } from './dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader } from './dataset-handler.ts';
import { elementHeader, sequenceDelimiter } from './element-header.ts';
import { betterThanUN } from './leniencies.ts';

export interface ParseLimits {
  readonly sequenceDepth: number;
  readonly elements: number;
  /** The longest value that is kept, in bytes. */
  readonly attributeValueBytes: number;
  /** All values that are kept, in bytes. */
  readonly attributeBytes: number;
  /** Pixel Data up to this many bytes is kept too; none where it is not given. */
  readonly pixelDataBytes?: number;
}

const specificCharacterSet = 0x00080005;
const pixelRepresentation = 0x00280103;
const firstItem = Buffer.from('feff00e0', 'hex');

interface OpenDataset {
  readonly elements: Map<number, Element>;
  characterSet: SpecificCharacterSet;
  bigEndian: boolean;
  readonly around: OpenDataset | undefined;
  /** Private creators by group × 256 + block (PS3.5 7.8.1). */
  creators: Map<number, string> | undefined;
}

/** A sequence, or encapsulated Pixel Data, whose items are coming. */
interface OpenSequence {
  readonly header: ElementHeader;
  readonly items: Dataset[];
  /** Undefined for a sequence, and for fragments that were too many. */
  fragments: Buffer[] | undefined;
  readonly isFragments: boolean;
}

export class DatasetBuilder implements DatasetHandler {
  readonly #limits: ParseLimits;
  readonly #top: OpenDataset;
  /** The data sets that are open, the innermost last, and the sequences around them. */
  readonly #datasets: OpenDataset[];
  readonly #sequences: OpenSequence[] = [];
  /** Elements that are US or SS by a Pixel Representation that may still come. */
  readonly #undecided: { readonly dataset: OpenDataset; readonly tag: number }[] = [];
  #elements = 0;
  #bytes = 0;
  #pixelBytes = 0;
  /** What the next value is, where that is not what its header says. */
  #vr = '';

  constructor(limits: ParseLimits, characterSet: SpecificCharacterSet) {
    this.#limits = limits;
    this.#top = { elements: new Map(), characterSet, bigEndian: false, around: undefined, creators: undefined };
    this.#datasets = [this.#top];
  }

  /** What was built, also of a data set of which only the beginning has come. */
  finish(bigEndian: boolean): Dataset {
    this.#top.bigEndian = bigEndian;
    for (const { dataset, tag } of this.#undecided) {
      const element = dataset.elements.get(tag) as Element;
      if (isSigned(dataset)) dataset.elements.set(tag, { ...element, vr: 'SS' });
    }
    return this.#top;
  }

  element(header: ElementHeader): Choice {
    const { tag, vr, length } = header;
    this.#count(header);
    if (length < 0) return this.#enter(header, vr === 'OB' || vr === 'OW' || tag === pixelData);
    if (vr === 'SQ') return this.#enter(header, false);
    this.#vr = vr === 'UN' ? this.#knownVR(tag, length) : vr;
    if (this.#mayKeep(tag, length)) return 'collect';
    this.#keep(header, this.#vr === 'SQ' ? 'UN' : this.#vr, undefined);
    return 'skip';
  }

  value(header: ElementHeader, bytes: Buffer): void {
    const { tag } = header;
    const vr = this.#vr;
    if (header.vr === 'UN' && vr === 'SQ') {
      if (this.#sequenceInUN(header, bytes)) return;
      this.#keep(header, 'UN', Buffer.from(bytes));
      return;
    }
    // A value of UN is Little Endian whatever is around it (PS3.5 6.2.2 Note 2).
    const kept = header.vr === 'UN' && header.bigEndian ? turned(vr, bytes) : bytes;
    this.#keep(header, vr, Buffer.from(kept));
    const dataset = this.#datasets[this.#datasets.length - 1] as OpenDataset;
    if (tag === specificCharacterSet) dataset.characterSet = parseSpecificCharacterSet(bytes.toString('latin1'));
    else if (header.implied && isUnsignedOrSigned(tag)) this.#undecided.push({ dataset, tag });
    else if ((tag & 0xff00) === 0 && Math.floor(tag / 0x10000) % 2 === 1) noteCreator(dataset, tag, bytes);
  }

  startItem(): void {
    const around = this.#datasets[this.#datasets.length - 1] as OpenDataset;
    const { header } = this.#sequences[this.#sequences.length - 1] as OpenSequence;
    this.#count(header);
    // UN of undefined length holds Little Endian items in a Big Endian data set (PS3.5 6.2.2).
    const bigEndian = header.bigEndian && header.vr !== 'UN';
    this.#datasets.push({
      elements: new Map(),
      characterSet: around.characterSet,
      bigEndian,
      around,
      creators: undefined,
    });
  }

  /** An item takes as much memory as an element does, also an empty one. */
  #count({ tag, offset }: ElementHeader): void {
    if (++this.#elements > this.#limits.elements)
      throw new BadDataset(tag, offset, `more than ${this.#limits.elements} elements and items`);
  }

  endItem(): void {
    const item = this.#datasets.pop();
    if (item) this.#sequences[this.#sequences.length - 1]?.items.push(item);
  }

  endSequence(): void {
    const { header, items, fragments, isFragments } = this.#sequences.pop() as OpenSequence;
    if (isFragments) this.#keep(header, 'OB', undefined, undefined, fragments);
    else this.#keep(header, 'SQ', undefined, items);
  }

  fragment(_offset: number, length: number): Choice {
    const { header, fragments } = this.#sequences[this.#sequences.length - 1] as OpenSequence;
    if (fragments && this.#mayKeep(header.tag, length)) return 'collect';
    (this.#sequences[this.#sequences.length - 1] as OpenSequence).fragments = undefined;
    return 'skip';
  }

  fragmentValue(bytes: Buffer): void {
    this.#sequences[this.#sequences.length - 1]?.fragments?.push(Buffer.from(bytes));
  }

  #enter(header: ElementHeader, isFragments: boolean): Choice {
    if (header.tag === pixelData && this.#datasets.length === 1 && this.#limits.pixelDataBytes === undefined) {
      this.#keep(header, 'OB', undefined);
      return 'skip';
    }
    this.#sequences.push({ header, items: [], fragments: isFragments ? [] : undefined, isFragments });
    return 'enter';
  }

  /** Whether a value fits in what may be held; if so, its bytes count. */
  #mayKeep(tag: number, length: number): boolean {
    if (tag === pixelData && this.#datasets.length === 1) {
      if (this.#pixelBytes + length > (this.#limits.pixelDataBytes ?? -1)) return false;
      this.#pixelBytes += length;
      return true;
    }
    if (length > this.#limits.attributeValueBytes || this.#bytes + length > this.#limits.attributeBytes) return false;
    this.#bytes += length;
    return true;
  }

  /** What an element that is UN, or private without a VR, is known to be (PS3.5 6.2.2 Note 2). */
  #knownVR(tag: number, length: number): string {
    const group = Math.floor(tag / 0x10000);
    // A private creator is LO, and never UN (PS3.5 6.2.2).
    if (group % 2 === 0 || (tag & 0xff00) === 0) return betterThanUN(impliedVR(tag), length);
    const dataset = this.#datasets[this.#datasets.length - 1] as OpenDataset;
    const creator = dataset.creators?.get(group * 0x100 + ((tag >> 8) & 0xff));
    return creator === undefined ? 'UN' : betterThanUN(privateVR(creator, tag), length);
  }

  /**
   * UN of defined length that is known to be a sequence is one in Implicit VR Little Endian (PS3.5 6.2.2), just as one of
   * undefined length; read so. @returns false where the bytes are none, and stay UN
   */
  #sequenceInUN(header: ElementHeader, bytes: Buffer): boolean {
    if (bytes.length > 0 && !bytes.subarray(0, 4).equals(firstItem)) return false;
    const { tag, length } = header;
    const dataset = this.#datasets[this.#datasets.length - 1] as OpenDataset;
    const [datasets, sequences, undecided] = [this.#datasets.length, this.#sequences.length, this.#undecided.length];
    const scanner = new DatasetScanner({ explicitVR: true, bigEndian: false }, this, {
      sequenceDepth: this.#limits.sequenceDepth - (this.#datasets.length - 1),
      collectedBytes: this.#limits.attributeValueBytes,
    });
    try {
      scanner.write(elementHeader(tag, 'UN', -1));
      scanner.write(bytes);
      scanner.write(sequenceDelimiter);
      scanner.end();
    } catch (error) {
      if (!(error instanceof BadDataset)) throw error;
      this.#datasets.length = datasets;
      this.#sequences.length = sequences;
      this.#undecided.length = undecided;
      return false;
    }
    const sequence = dataset.elements.get(tag);
    if (sequence) dataset.elements.set(tag, { ...sequence, length });
    return sequence?.items !== undefined;
  }

  #keep(
    { tag, length }: ElementHeader,
    vr: string,
    bytes: Buffer | undefined,
    items?: readonly Dataset[],
    fragments?: readonly Buffer[],
  ): void {
    const element: Element = { tag, vr, bytes, items, length };
    this.#datasets[this.#datasets.length - 1]?.elements.set(tag, fragments ? { ...element, fragments } : element);
  }
}

function noteCreator(dataset: OpenDataset, tag: number, bytes: Buffer): void {
  dataset.creators ??= new Map();
  dataset.creators.set(Math.floor(tag / 0x10000) * 0x100 + (tag & 0xff), withoutPadding(bytes.toString('latin1')));
}

/** Pixel Representation of the data set, or of the one around it (PS3.3 C.7.6.3, C.7.6.16.2.11). */
function isSigned(dataset: OpenDataset): boolean {
  for (let at: OpenDataset | undefined = dataset; at; at = at.around) {
    const bytes = at.elements.get(pixelRepresentation)?.bytes;
    if (bytes?.length === 2) return bytes[at.bigEndian ? 1 : 0] === 1;
  }
  return false;
}
