/**
 * Frames as uncompressed pixels for WADO-RS, or compressed anew, the last made ones remembered: whoever scrolls back, and
 * whoever looks at the same series beside us, waits for no decoder.
 */
import { nativeBytes } from '#derive/native-bytes.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import type { FrameSource } from '#dicom/pixels/frame-source.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { keepAtMost } from '#settings/keep-at-most.ts';
import { limits } from '#settings/limits.ts';
import { decodeFrame, framesByIndex, openPixels, undecodable } from './instance-pixels.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';

/** Memory for a read of so many bytes; undefined where the read shall find its own. */
export type Lend = (length: number) => Buffer | undefined;

type Description = Pick<StoredImage, 'image' | 'frames'>;

/** Instances whose description is remembered: a multi-frame one is asked for frame by frame. */
const mostDescriptions = 64;

export class DecodedFrames {
  readonly #parts: Pick<RetrieveParts, 'storage' | 'pixels'>;
  /** By digest, frame, and syntax, the one asked for last at the end. */
  readonly #frames = new Map<string, Buffer>();
  #bytes = 0;
  readonly #descriptions = new Map<string, Promise<Description>>();

  constructor(parts: Pick<RetrieveParts, 'storage' | 'pixels'>) {
    this.#parts = parts;
  }

  /** The frames of an instance as they are stored. @throws Problem when it has none */
  async stored(instance: RetrievedInstance): Promise<FrameSource> {
    // Whether samples of a byte were swapped as words, only the data set says.
    const known = instance.syntax.bigEndian ? undefined : framesByIndex(instance, this.#parts);
    return known ?? (await this.#describe(instance)).frames;
  }

  /** @param frame counted from 0 @returns its samples as native Pixel Data has them @throws Problem, PixelPoolSaturated */
  async decoded(instance: RetrievedInstance, frame: number, signal: AbortSignal, lend?: Lend): Promise<Buffer> {
    // Fragments under the name of a native syntax are those of another one, unless they are as long as a frame: decoding asks.
    const isNative = !instance.syntax.encapsulated && instance.row.pixel_length !== -1;
    if (isNative) return this.#native(instance, frame, lend);
    return this.#remembered(instance, frame, '', async (description) =>
      nativeBytes(await decodeFrame(instance, description, frame, this.#parts, signal), description.image),
    );
  }

  /** @param frame counted from 0 @returns one stream of the syntax, without loss @throws Problem, PixelPoolSaturated */
  compressed(instance: RetrievedInstance, frame: number, into: TransferSyntax, signal: AbortSignal): Promise<Buffer> {
    return this.#remembered(instance, frame, into.uid, async ({ image, frames }) => {
      try {
        const stored = { transferSyntaxUID: instance.syntax.uid, image, encoded: await frames.read(frame) };
        const { bytes } = await this.#parts.pixels.recode(stored, into.uid, signal);
        return bytes;
      } catch (error) {
        throw undecodable(instance, error);
      }
    });
  }

  async #remembered(
    instance: RetrievedInstance,
    frame: number,
    as: string,
    make: (description: Description) => Promise<Buffer>,
  ): Promise<Buffer> {
    const key = `${instance.row.digest.toString('base64')}/${frame}/${as}`;
    const remembered = this.#frames.get(key);
    if (remembered) {
      this.#frames.delete(key);
      this.#frames.set(key, remembered);
      return remembered;
    }
    const bytes = await make(await this.#describe(instance));
    this.#remember(key, bytes);
    return bytes;
  }

  /** One ranged read where the bytes stand as they are wanted. */
  async #native(instance: RetrievedInstance, frame: number, lend: Lend | undefined): Promise<Buffer> {
    const { key, offset, length } = instance.row;
    const source = await this.stored(instance);
    try {
      const [range, ...more] = (await source.locate(frame)) ?? [];
      const into = range && lend?.(range.length);
      if (!into || more.length > 0 || range.offset + range.length > length) return await source.read(frame);
      return await this.#parts.storage.readRange(key, offset + range.offset, range.length, into);
    } catch (error) {
      throw undecodable(instance, error);
    }
  }

  #describe(instance: RetrievedInstance): Promise<Description> {
    const { key } = instance.row;
    const known = this.#descriptions.get(key);
    if (known) return known;
    const opening = openPixels(instance, this.#parts).then(({ image, frames }) => ({ image, frames }));
    this.#descriptions.set(key, opening);
    opening.catch(() => this.#descriptions.delete(key));
    keepAtMost(this.#descriptions, mostDescriptions);
    return opening;
  }

  #remember(key: string, bytes: Buffer): void {
    if (this.#frames.has(key) || bytes.length > limits.pixels.rememberedBytes / 4) return;
    this.#frames.set(key, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#frames) {
      if (this.#bytes <= limits.pixels.rememberedBytes) break;
      this.#frames.delete(oldest);
      this.#bytes -= length;
    }
  }
}
