/**
 * What the threads of the pixel pool can do, by name. A task and its result are copied between threads (structured
 * clone), so they hold plain values; a `Buffer` arrives as a `Uint8Array`.
 */
import { asBuffer } from '#dicom/data/as-buffer.ts';
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { CannotEncode, type EncodedFrame } from '#dicom/pixels/encoded-frame.ts';
import type { FramePresentation } from '#dicom/pixels/frame-presentation.ts';
import { halved, halvingsTo, type Least } from '#dicom/pixels/halved.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { arranged, type Arrangement } from '#dicom/pixels/native-frame.ts';
import { type RenderedFrame, renderFrame } from '#dicom/pixels/render.ts';
import { withoutOvershoot } from '#dicom/pixels/stored-values.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';

export interface DecodeTask {
  readonly name: 'decode';
  readonly transferSyntaxUID: string;
  readonly image: ImagePixel;
  readonly encoded: Uint8Array;
}

/** Decodes and renders in one trip: only the 8-bit picture comes back (`PictureInMemory`). */
export interface RenderTask {
  readonly name: 'render';
  readonly transferSyntaxUID: string;
  readonly image: ImagePixel;
  readonly encoded: Uint8Array;
  readonly presentation: FramePresentation;
  /** Of width and height, by a syntax that has `decodeReduced`; 0 for the whole frame. */
  readonly halvings: number;
  /** A picture that is this small is enough; undefined for every pixel. */
  readonly least: Least | undefined;
  /** All of what may hold `encoded` at its beginning, and takes the picture behind it if there is room. It comes back. */
  readonly memory: Uint8Array;
}

/** `bytes` lie in `memory` or in memory of their own. */
export interface PictureInMemory extends RenderedFrame {
  readonly memory: Uint8Array;
}

/** Decodes, and encodes without loss in another syntax, in one trip: an `EncodedFrame` comes back. */
export interface RecodeTask {
  readonly name: 'recode';
  readonly transferSyntaxUID: string;
  readonly image: ImagePixel;
  readonly encoded: Uint8Array;
  readonly intoTransferSyntaxUID: string;
}

/** Turns words around and cuts bits: the bytes of the frame come back. The memory of `words` goes over to the thread. */
export interface ArrangeTask {
  readonly name: 'arrange';
  readonly words: Uint8Array;
  readonly arrangement: Arrangement;
}

export type PixelTask = DecodeTask | RenderTask | RecodeTask | ArrangeTask;

/** Runs in a thread. @throws CannotDecode, CannotEncode */
export async function runPixelTask(task: PixelTask): Promise<unknown> {
  switch (task.name) {
    case 'decode':
      return decode(task);
    case 'render':
      return render(task);
    case 'recode':
      return recode(task);
    case 'arrange':
      return arranged(asBuffer(task.words), task.arrangement) as Uint8Array;
  }
}

async function render(task: RenderTask): Promise<PictureInMemory> {
  const { memory, encoded, presentation, halvings, least } = task;
  const decoded = await decode(task, halvings);
  const isLossy = transferSyntaxes.get(task.transferSyntaxUID)?.lossy === true;
  const behind = encoded.buffer === memory.buffer ? memory.subarray(encoded.length) : memory;
  const whole = renderFrame(isLossy ? withoutOvershoot(decoded) : decoded, presentation, behind);
  const times = least ? halvingsTo(whole, least) : 0;
  if (times === 0) return { ...whole, memory };
  const small = halved(whole, times);
  // Bytes in memory of their own would bring all of it along.
  return { ...small, bytes: small.bytes.buffer === memory.buffer ? small.bytes : small.bytes.slice(), memory };
}

async function decode(
  { transferSyntaxUID, image, encoded }: Omit<DecodeTask, 'name'>,
  halvings = 0,
): Promise<DecodedFrame> {
  const syntax = transferSyntaxes.get(transferSyntaxUID);
  if (!syntax?.decodeFrame) throw new CannotDecode(syntax?.undecodable ?? `${transferSyntaxUID} is not known`);
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const bytes = Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
  if (bytes > limits.pixels.frameBytes)
    throw new CannotDecode(`a frame of ${bytes} bytes, of at most ${limits.pixels.frameBytes}`);
  if (halvings > 0 && syntax.decodeReduced)
    try {
      return await syntax.decodeReduced(asBuffer(encoded), image, halvings);
    } catch (error) {
      // A tile need not have the resolutions that the main header names.
      if (!(error instanceof CannotDecode)) throw error;
    }
  return syntax.decodeFrame(asBuffer(encoded), image);
}

async function recode({ intoTransferSyntaxUID, ...task }: RecodeTask): Promise<EncodedFrame> {
  const into = transferSyntaxes.get(intoTransferSyntaxUID);
  if (!into?.encodeFrame) throw new CannotEncode(`no encoder here for ${into?.name ?? intoTransferSyntaxUID}`);
  // Decoded, they are whole bytes.
  if (task.image.bitsAllocated === 1) throw new CannotEncode('samples are single bits');
  return into.encodeFrame(await decode(task));
}
