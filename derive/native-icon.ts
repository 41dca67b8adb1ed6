/**
 * Icon Image Sequence (0088,0200) of an instance that leaves its compressed transfer syntax. Its Pixel Data may be
 * encapsulated like those of the image (PS3.5 A.4), and then belong to that syntax, so they are decoded too. An icon that
 * cannot be is left out with its sequence, which is optional (type 3) and which every viewer makes anew from the image;
 * a data set that nobody can read would cost the image.
 */
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { newElement } from '#dicom/data/new-dataset.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { DatasetScanner } from '#dicom/file/dataset-scanner.ts';
import type { Choice, DatasetHandler, ElementHeader } from '#dicom/file/dataset-handler.ts';
import { elementHeader } from '#dicom/file/element-header.ts';
import { parseWholeInTurns } from '#dicom/file/parse.ts';
import { serializeDataset, ValueNotKept } from '#dicom/file/serialize.ts';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { BadPixelData, imagePixelOf } from '#dicom/pixels/image-pixel.ts';
import { limits } from '#settings/limits.ts';
import { nativeBytes } from './native-bytes.ts';
import { describedPixels } from './pixel-description.ts';
import type { PixelPool } from './pixel-pool.ts';
import { partOf } from './re-encoded.ts';
import type { StoredInstance } from './stored-instance.ts';

const iconImageSequence = 0x00880200;
const explicitLittleEndian = { explicitVR: true, bigEndian: false };

/** What lies from byte `from` to `to` gives way to `bytes`. */
export interface Substitution {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
}

/**
 * @param read  the data set in Explicit VR Little Endian, as far as it stands before its Pixel Data; read again and again
 * @returns     undefined where no icon is compressed
 * @throws PixelPoolSaturated, the signal's reason, and what reading throws
 */
export async function nativeIcon(
  read: () => AsyncIterable<Uint8Array>,
  { syntax }: Pick<StoredInstance, 'syntax'>,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<Substitution | undefined> {
  if (!syntax.encapsulated) return undefined;
  const found = await findIcon(read());
  if (!found) return undefined;
  const nothing = { ...found, bytes: Buffer.alloc(0) };
  if (found.to - found.from > limits.dataset.attributeBytes) return nothing;
  const pieces: Uint8Array[] = [];
  for await (const piece of partOf(read(), found.from, found.to - found.from)) pieces.push(Buffer.from(piece));
  try {
    const dataset = await parseWholeInTurns(Buffer.concat(pieces), explicitLittleEndian, limits.dataset);
    const sequence = dataset.elements.get(iconImageSequence) as Element;
    const items: Dataset[] = [];
    for (const item of sequence.items ?? []) items.push(await decoded(item));
    const elements = new Map([[iconImageSequence, { ...sequence, items }]]);
    return { ...found, bytes: serializeDataset({ ...dataset, elements }, explicitLittleEndian) };
  } catch (error) {
    const kinds = [CannotDecode, BadPixelData, BadDataset, ValueNotKept];
    if (kinds.some((kind) => error instanceof kind)) return nothing;
    throw error;
  }

  async function decoded(item: Dataset): Promise<Dataset> {
    const { fragments, length } = item.elements.get(pixelData) ?? { length: -1 };
    if (length >= 0) return item;
    // One frame: the Basic Offset Table, and what it takes of fragments.
    if (!fragments || fragments.length < 2) throw new CannotDecode('the icon has no fragments');
    const image = imagePixelOf(item);
    const frame = await pixels.decode(syntax.uid, image, Buffer.concat(fragments.slice(1)), signal);
    const { bitsAllocated, bitsStored, highBit } = image.bitsAllocated === 1 ? image : frame;
    const elements = new Map(item.elements);
    for (const [tag, described] of describedPixels({ ...frame, bitsAllocated, bitsStored, highBit })) {
      if (described) elements.set(tag, newElement(tag, described.vr, described.bytes));
      else elements.delete(tag);
    }
    const bytes = nativeBytes(frame, image);
    const vr = bitsAllocated > 8 ? 'OW' : 'OB';
    elements.set(pixelData, newElement(pixelData, vr, bytes));
    return { ...item, elements };
  }
}

/** The bytes with a part of them replaced. */
export async function* substituted(
  pieces: AsyncIterable<Uint8Array>,
  change: Substitution | undefined,
): AsyncGenerator<Uint8Array> {
  if (!change) return yield* pieces;
  const { from, to, bytes } = change;
  let at = 0;
  let isDue = true;
  for await (const piece of pieces) {
    const end = at + piece.length;
    if (at < from) yield piece.subarray(0, from - at);
    if (isDue && end >= from) {
      isDue = false;
      yield bytes;
    }
    if (end > to) yield piece.subarray(Math.max(0, to - at));
    at = end;
  }
}

/** Where the sequence lies, header included. @returns undefined where there is none, or none of it is compressed */
async function findIcon(pieces: AsyncIterable<Uint8Array>): Promise<Omit<Substitution, 'bytes'> | undefined> {
  const finder = new IconFinder();
  const scanner = new DatasetScanner(explicitLittleEndian, finder, { ...limits.dataset, collectedBytes: 0 });
  for await (const piece of pieces) {
    scanner.write(piece);
    if (finder.isPassed) break;
  }
  return finder.isCompressed ? { from: finder.from, to: finder.to ?? scanner.position } : undefined;
}

class IconFinder implements DatasetHandler {
  isPassed = false;
  isCompressed = false;
  from = 0;
  to: number | undefined;

  element({ tag, vr, length, offset, depth, implied }: ElementHeader): Choice {
    if (depth > 0) {
      if (tag === pixelData && length < 0) this.isCompressed = true;
      return 'skip';
    }
    const begins = offset - elementHeader(tag, vr, 0, !implied).length;
    if (tag === iconImageSequence) {
      this.from = begins;
      return 'enter';
    }
    if (tag > iconImageSequence) {
      this.isPassed = true;
      if (this.to === undefined) this.to = begins;
    }
    return 'skip';
  }

  value(): void {
    // No value is asked for.
  }
}
