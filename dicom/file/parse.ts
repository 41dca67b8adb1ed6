/**
 * A data set in memory, from its bytes in pieces: everything but bulk. Values longer than a limit and Pixel Data are
 * noted by their length only, so the memory it takes is bounded whatever the bytes say.
 */
import { createInflateRaw } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { defaultCharacterSet, parseSpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { SpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { DatasetScanner, pixelData } from '#dicom/file/dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader, Encoding } from '#dicom/file/dataset-scanner.ts';

export interface ParseLimits {
  readonly sequenceDepth: number;
  readonly elements: number;
  /** The longest value that is kept, in bytes. */
  readonly attributeValueBytes: number;
  /** All values that are kept, in bytes. */
  readonly attributeBytes: number;
  readonly inflatedBytes: number;
}

const specificCharacterSet = 0x00080005;

interface OpenDataset {
  readonly elements: Map<number, Element>;
  characterSet: SpecificCharacterSet;
  readonly bigEndian: boolean;
}

class TreeHandler implements DatasetHandler {
  readonly top: OpenDataset;
  readonly #limits: ParseLimits;
  readonly #bigEndian: boolean;
  /** The data sets that are open, the innermost last, and for each sequence around them its items. */
  readonly #datasets: OpenDataset[];
  readonly #sequences: { header: ElementHeader; items: Dataset[] }[] = [];
  #elements = 0;
  #bytes = 0;

  constructor(bigEndian: boolean, limits: ParseLimits, characterSet: SpecificCharacterSet) {
    this.#bigEndian = bigEndian;
    this.#limits = limits;
    this.top = { elements: new Map(), characterSet, bigEndian };
    this.#datasets = [this.top];
  }

  element(header: ElementHeader): Choice {
    if (++this.#elements > this.#limits.elements)
      throw new BadDataset(header.tag, header.offset, `more than ${this.#limits.elements} elements`);
    const { tag, vr, length } = header;
    const isBytes = vr === 'OB' || vr === 'OW' || tag === pixelData;
    if (vr === 'SQ' || (length < 0 && !isBytes)) {
      this.#sequences.push({ header, items: [] });
      return 'enter';
    }
    if (
      length >= 0 &&
      length <= this.#limits.attributeValueBytes &&
      this.#bytes + length <= this.#limits.attributeBytes &&
      tag !== pixelData
    ) {
      this.#bytes += length;
      return 'collect';
    }
    this.#keep(header, undefined, undefined);
    return 'skip';
  }

  value(header: ElementHeader, bytes: Buffer): void {
    this.#keep(header, bytes, undefined);
    if (header.tag !== specificCharacterSet) return;
    const dataset = this.#datasets.at(-1);
    if (dataset) dataset.characterSet = parseSpecificCharacterSet(bytes.toString('latin1'));
  }

  startItem(): void {
    const around = this.#datasets.at(-1) as OpenDataset;
    this.#datasets.push({ elements: new Map(), characterSet: around.characterSet, bigEndian: this.#bigEndian });
  }

  endItem(): void {
    const item = this.#datasets.pop();
    if (item) this.#sequences.at(-1)?.items.push(item);
  }

  endSequence(): void {
    const sequence = this.#sequences.pop();
    if (sequence) this.#keep(sequence.header, undefined, sequence.items);
  }

  #keep({ tag, vr, length }: ElementHeader, bytes: Buffer | undefined, items: readonly Dataset[] | undefined): void {
    const kept = bytes && Buffer.from(bytes);
    this.#datasets.at(-1)?.elements.set(tag, { tag, vr: items ? 'SQ' : vr, bytes: kept, items, length });
  }
}

/**
 * @param pieces  the data set from its first byte; it may stop before Pixel Data's value; each is read before the next
 *                is asked for, and nothing of it is kept
 * @throws BadDataset
 */
export async function parseDataset(
  pieces: AsyncIterable<Uint8Array>,
  encoding: Encoding & { readonly deflated: boolean },
  limits: ParseLimits,
  characterSet: SpecificCharacterSet = defaultCharacterSet,
): Promise<Dataset> {
  const handler = new TreeHandler(encoding.bigEndian, limits, characterSet);
  const scanner = new DatasetScanner(encoding, handler, {
    sequenceDepth: limits.sequenceDepth,
    collectedBytes: limits.attributeValueBytes,
  });
  try {
    for await (const piece of encoding.deflated ? inflate(pieces) : pieces) {
      scanner.write(piece);
      if (scanner.position > limits.inflatedBytes && encoding.deflated)
        throw new BadDataset(0, scanner.position, 'inflates to too much');
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw new BadDataset(0, scanner.position, `the deflated stream is damaged (${message})`);
  }
  return handler.top;
}

/** Either side's end, early or not, ends the other: the source may hold a file open. */
function inflate(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(copies(pieces), { objectMode: false }), createInflateRaw(), () => {});
}

/** A stream asks for the next piece while it still holds the last one, whose memory may be used again by then. */
async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
