// A frame as the archive sends it, before it is decoded: in which syntax it is asked for, and whether what came is what was announced.
// Nothing here is of Cornerstone, so the first frame is asked for while that is being started.
import { LoadError } from '../archive-client.ts';
import { line, readFrame, type OnArrival } from '../image-client.ts';
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { checkDrawable, pixelFormatOf, type PixelFormat } from './frame-pixels.ts';

export const explicitLittleEndian = '1.2.840.10008.1.2.1';

export interface ReadOptions {
  signal?: AbortSignal;
  onArrival?: OnArrival;
}

export interface SentFrame {
  bytes: Uint8Array;
  transferSyntax: string;
}

interface Ahead {
  sent: Promise<SentFrame>;
  onArrival: OnArrival | undefined;
  stop: () => void;
  /** Whoever asked for it no longer stops it. */
  release: () => void;
}

/** Frames that are asked for before there is a viewport that draws them. */
const ahead = new Map<string, Ahead>();

/** Asks for a frame that `readSent` will want, unless `signal` stops it before. */
export function readAhead(frame: Frame, signal: AbortSignal): void {
  const stopped = new AbortController();
  const forget = () => {
    ahead.delete(frame.imageId);
    stopped.abort();
  };
  const asked: Ahead = {
    sent: readNow(frame, { signal: stopped.signal, onArrival: (...arrived) => asked.onArrival?.(...arrived) }),
    onArrival: undefined,
    stop: () => stopped.abort(),
    release: () => signal.removeEventListener('abort', forget),
  };
  asked.sent.catch(() => {}); // told to whoever wants it
  signal.addEventListener('abort', forget);
  ahead.set(frame.imageId, asked);
}

/**
 * A frame in the syntax in which it is best sent.
 * @throws LoadError; an AbortError when `signal` stopped it
 */
export function readSent(frame: Frame, options: ReadOptions): Promise<SentFrame> {
  const asked = ahead.get(frame.imageId);
  return asked ? takeOver(frame, asked, options) : readNow(frame, options);
}

async function takeOver(frame: Frame, asked: Ahead, { signal, onArrival }: ReadOptions): Promise<SentFrame> {
  ahead.delete(frame.imageId);
  asked.release();
  asked.onArrival = onArrival;
  signal?.addEventListener('abort', asked.stop);
  try {
    return await asked.sent;
  } finally {
    signal?.removeEventListener('abort', asked.stop); // with which its bytes would be kept
  }
}

async function readNow(frame: Frame, options: ReadOptions): Promise<SentFrame> {
  const format = pixelFormatOf(frame.instance);
  checkDrawable(format);
  const compressed = line.slow && staysWhole(frame, format);
  return readAs(frame, compressed ? [jpegLS, '*'] : ['*'], options);
}

const jpegLS = '1.2.840.10008.1.2.4.80';
/** Syntaxes that keep what stands in a pixel cell beside its value: native ones, RLE, Deflated Image Frame. */
const cellKeepers = new Set([explicitLittleEndian, '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.8.1']);

/** Whether the cells are whole in the archive: however it sends them, they are then whole here. */
export const keepsCells = (frame: Frame, sentAs: string) => cellKeepers.has(announcedSyntax(frame) ?? sentAs);

/**
 * Whether a frame may come compressed, to a third as a rule, by the archive (JPEG-LS, PS3.5 8.2.3): without loss, down to what
 * stands in a cell beside its value. Colours that share samples would come as others.
 */
function staysWhole(frame: Frame, { sample, bitsAllocated, photometric }: PixelFormat): boolean {
  const isHeld = sample === 'integer' && (bitsAllocated === 8 || bitsAllocated === 16);
  return isHeld && keepsCells(frame, 'unknown') && !photometric.endsWith('_422');
}

/**
 * What came must be what was asked for, or what the metadata announced (Available Transfer Syntax UID, 0008,3002): bytes read by
 * the wrong rules would be shown without any error.
 */
export async function readAs(frame: Frame, wanted: readonly string[], options: ReadOptions): Promise<SentFrame> {
  const sent = await readFrame(frame.imageId.slice('frame:'.length), wanted, options);
  const expected = wanted.map((syntax) => (syntax === '*' ? announcedSyntax(frame) : syntax));
  if (expected.includes(sent.transferSyntax) || expected.includes(undefined)) return sent;
  throw new LoadError('otherSyntax');
}

/** Of uncompressed frames the archive sends all alike, in little endian. */
const uncompressed = new Set([
  '1.2.840.10008.1.2',
  explicitLittleEndian,
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.2',
]);

export function announcedSyntax({ instance }: Frame): string | undefined {
  const announced = string(instance, '00083002');
  return announced && uncompressed.has(announced) ? explicitLittleEndian : announced;
}
