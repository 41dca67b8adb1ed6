/**
 * The decoders of dcmjs-codecs: libjpeg (8, 12 and 16 bits), CharLS, OpenJPEG, OpenJPH and libjxl in one WebAssembly
 * module, called without that package's JavaScript, which would load a DICOM library of its own. Runs in threads only.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';

const require = createRequire(import.meta.url);

export type WasmDecoder = 'DecodeJpeg' | 'DecodeJpegLs' | 'DecodeJpeg2000' | 'DecodeHtJpeg2000' | 'DecodeJpegXl';

/** What the stream is said to be; the decoders check some of it and correct some. */
export interface WasmImage {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samplesPerPixel: number;
  readonly isSigned: boolean;
}

/** What came out: samples of 8, 16 or 32 bits. */
export interface WasmFrame extends WasmImage {
  readonly planarConfiguration: 0 | 1;
  readonly bytes: Buffer;
}

type Call = (...values: number[]) => number;
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly [name: string]: Call | WebAssembly.Memory;
}

/**
 * What decoders say when they go on over damage: libjpeg fills the rest with grey, OpenJPEG and OpenJPH with what they
 * have. A picture that is in part made up is none.
 */
const damage =
  /premature end|corrupt jpeg data: (?!.*extraneous)|corrupt data|terminated early|truncat|failed to decode|bad huffman|inconsistent/i;

/** Compiled once in a thread; an instance costs little, and none is used again after a failure. */
let compiled: WebAssembly.Module | undefined;
let instance: Exports | undefined;
/** The first complaint about the stream that is being decoded. */
let complaint: string | undefined;

/** @param toRgb  of JPEG: YCbCr becomes RGB @throws CannotDecode */
export function decodeByWasm(decoder: WasmDecoder, encoded: Buffer, image: WasmImage, toRgb = false): WasmFrame {
  const wasm = (instance ??= instantiate());
  complaint = undefined;
  const call = (name: string, ...values: number[]): number => (wasm[name] as Call)(...values);
  try {
    const parameters = call('CreateDecoderParameters');
    call('SetConvertColorspaceToRgb', parameters, toRgb ? 1 : 0);
    const context = call('CreateCodecsContext');
    call('SetRows', context, image.rows);
    call('SetColumns', context, image.columns);
    call('SetBitsAllocated', context, image.bitsAllocated);
    call('SetBitsStored', context, image.bitsStored);
    call('SetSamplesPerPixel', context, image.samplesPerPixel);
    call('SetPixelRepresentation', context, image.isSigned ? 1 : 0);
    call('SetPlanarConfiguration', context, 0);
    call('SetEncodedBufferSize', context, encoded.length);
    new Uint8Array(wasm.memory.buffer).set(encoded, call('GetEncodedBuffer', context));
    call(decoder, context, parameters);
    const at = call('GetDecodedBuffer', context);
    const frame: WasmFrame = {
      rows: call('GetRows', context),
      columns: call('GetColumns', context),
      bitsAllocated: call('GetBitsAllocated', context),
      bitsStored: call('GetBitsStored', context),
      samplesPerPixel: call('GetSamplesPerPixel', context),
      isSigned: call('GetPixelRepresentation', context) === 1,
      planarConfiguration: call('GetPlanarConfiguration', context) === 1 ? 1 : 0,
      // A copy: the memory is the decoder's.
      bytes: Buffer.from(wasm.memory.buffer.slice(at, at + call('GetDecodedBufferSize', context))),
    };
    call('ReleaseDecoderParameters', parameters);
    call('ReleaseCodecsContext', context);
    if (complaint !== undefined) throw new CannotDecode(`the stream is damaged (${complaint})`);
    return frame;
  } catch (error) {
    // Whatever it was doing is left as it lies.
    instance = undefined;
    if (error instanceof CannotDecode) throw error;
    throw new CannotDecode(`the decoder broke off (${(error as Error).message})`, { cause: error });
  }
}

function instantiate(): Exports {
  compiled ??= new WebAssembly.Module(readFileSync(require.resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm')));
  const nothing = (): number => 0;
  const view = (): DataView => new DataView(exports.memory.buffer);
  const textAt = (at: number, length: number): string =>
    Buffer.from(exports.memory.buffer, at, length).toString('latin1');
  const listen = (text: string): void => {
    if (damage.test(text)) complaint ??= shortened(text);
  };
  const imports = {
    env: {
      onCodecsInfo: (at: number, length: number): void => listen(textAt(at, length)),
      onCodecsTrace: nothing,
      onCodecsException(at: number, length: number): void {
        throw new CannotDecode(shortened(textAt(at, length)));
      },
      emscripten_notify_memory_growth: nothing,
    },
    wasi_snapshot_preview1: {
      environ_get: nothing,
      environ_sizes_get(count: number, size: number): number {
        view().setUint32(count, 0, true);
        view().setUint32(size, 0, true);
        return 0;
      },
      proc_exit(code: number): void {
        throw new CannotDecode(`the decoder gave up (${code})`);
      },
      clock_time_get(_clock: number, _precision: bigint, at: number): number {
        view().setBigUint64(at, 0n, true);
        return 0;
      },
      /** What decoders print goes no further. */
      fd_write(_file: number, vectors: number, count: number, written: number): number {
        let sum = 0;
        for (let at = vectors; at < vectors + 8 * count; at += 8) {
          const length = view().getUint32(at + 4, true);
          listen(textAt(view().getUint32(at, true), length));
          sum += length;
        }
        view().setUint32(written, sum, true);
        return 0;
      },
      fd_seek: nothing,
      fd_close: nothing,
    },
  };
  const exports = new WebAssembly.Instance(compiled, imports).exports as unknown as Exports;
  (exports['_initialize'] as Call)();
  return exports;
}

/** `NativeCodecs::decodeJpeg::…` says where; the reader wants to know what. */
function shortened(message: string): string {
  return message.replace(/^.*::/, '').trim().slice(0, 120) || 'the stream is damaged';
}
