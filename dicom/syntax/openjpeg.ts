/**
 * Decodes JPEG 2000 by a second build of OpenJPEG: that of `wasm-codecs.ts` gives out other pixels where colours have
 * more than 8 bits.
 */
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { isDamage } from './damage.ts';
import type { StreamImage } from './stream-image.ts';

type OpenJpeg = Awaited<ReturnType<typeof open>>;
let module: Promise<OpenJpeg> | undefined;
/** The first complaint about the stream that is being decoded. */
let complaint: string | undefined;

async function open() {
  const { default: load } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs');
  const listen = (text: string): void => {
    if (isDamage(text)) complaint ??= text.trim();
  };
  return load({ print: listen, printErr: listen });
}

/**
 * @param halvings  of width and height, each of which must be a resolution of the stream
 * @returns         samples by pixel, little endian, of 8 or 16 bits, and what the stream says of the whole
 * @throws CannotDecode
 */
export async function decodeByOpenJpeg(
  codestream: Buffer,
  halvings = 0,
): Promise<StreamImage & { readonly bytes: Buffer }> {
  // One that could not be loaded is loaded by whoever comes next.
  module ??= open().catch((error: unknown) => {
    module = undefined;
    throw error;
  });
  const openJpeg = await module;
  try {
    complaint = undefined;
    const decoder = new openJpeg.J2KDecoder();
    decoder.getEncodedBuffer(codestream.length).set(codestream);
    decoder.decodeSubResolution(halvings, 0);
    if (complaint !== undefined) throw new CannotDecode(`the stream is damaged (${complaint})`);
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
    // A header that it cannot read leaves it without a picture and without a word.
    if (componentCount === 0) throw new CannotDecode('the stream is damaged');
    const bytes = Buffer.from(decoder.getDecodedBuffer());
    decoder.delete();
    return { rows: height, columns: width, components: componentCount, precision: bitsPerSample, bytes };
  } catch (error) {
    // What it was doing is left as it lies.
    module = undefined;
    if (error instanceof CannotDecode) throw error;
    const message = typeof error === 'number' ? 'the decoder gave up' : (error as Error).message;
    throw new CannotDecode(`JPEG 2000: ${message}`, { cause: error });
  }
}
