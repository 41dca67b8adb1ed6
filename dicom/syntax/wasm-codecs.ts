/**
 * The codecs of dcmjs-codecs: libjpeg (8, 12 and 16 bits), CharLS, OpenJPEG, OpenJPH and libjxl in one WebAssembly
 * module, called without that package's JavaScript, which would load a DICOM library of its own. Runs in threads only.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { isDamage } from './damage.ts';

const require = createRequire(import.meta.url);

export type WasmEncoder = 'EncodeJpeg' | 'EncodeJpegLs' | 'EncodeJpeg2000' | 'EncodeHtJpeg2000';
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

/** Compiled once in a thread; an instance costs little, and none is used again after a failure. */
let compiled: WebAssembly.Module | undefined;
let instance: Exports | undefined;
/** The first complaint about the stream that is being decoded. */
let complaint: string | undefined;

/** @param toRgb  of JPEG: YCbCr becomes RGB @throws CannotDecode */
export function decodeByWasm(decoder: WasmDecoder, encoded: Buffer, image: WasmImage, toRgb = false): WasmFrame {
  return withWasm((wasm, call) => {
    const parameters = call('CreateDecoderParameters');
    call('SetConvertColorspaceToRgb', parameters, toRgb ? 1 : 0);
    const context = contextFor(image, call);
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
    return frame;
  });
}

/**
 * Encodes without loss.
 * @param samples  by pixel, little endian, of one byte for 8 Bits Allocated, else of two
 * @param toYbr    of JPEG 2000 and its kin: RGB becomes YBR_RCT within the stream; the High-Throughput encoder does so anyway
 * @throws CannotDecode, of an encoder that breaks off
 */
export function encodeByWasm(encoder: WasmEncoder, samples: Buffer, image: WasmImage, toYbr: boolean): Buffer {
  return withWasm((wasm, call) => {
    const parameters = call('CreateEncoderParameters');
    call('SetLossy', parameters, 0);
    call('SetPredictor', parameters, 1);
    call('SetPointTransform', parameters, 0);
    call('SetProgressionOrder', parameters, progressionRPCL);
    call('SetRate', parameters, firstLayerRate);
    call('SetAllowMct', parameters, toYbr ? 1 : 0);
    const context = contextFor(image, call);
    call('SetPhotometricInterpretation', context, toYbr ? photometricRGB : photometricMonochrome2);
    call('SetDecodedBufferSize', context, samples.length);
    new Uint8Array(wasm.memory.buffer).set(samples, call('GetDecodedBuffer', context));
    call(encoder, context, parameters);
    const at = call('GetEncodedBuffer', context);
    const encoded = Buffer.from(wasm.memory.buffer.slice(at, at + call('GetEncodedBufferSize', context)));
    call('ReleaseEncoderParameters', parameters);
    call('ReleaseCodecsContext', context);
    return encoded;
  });
}

/** As the module numbers them. */
const progressionRPCL = 2;
const photometricMonochrome2 = 1;
const photometricRGB = 3;
/** Compression of JPEG 2000's first quality layer; a second one holds all the rest. */
const firstLayerRate = 20;

/** @throws CannotDecode when the codec throws, traps, or complains about the stream */
function withWasm<T>(work: (wasm: Exports, call: (name: string, ...values: number[]) => number) => T): T {
  const wasm = (instance ??= instantiate());
  complaint = undefined;
  try {
    const result = work(wasm, (name, ...values) => (wasm[name] as Call)(...values));
    if (complaint !== undefined) throw new CannotDecode(`the stream is damaged (${complaint})`);
    return result;
  } catch (error) {
    // Whatever it was doing is left as it lies.
    instance = undefined;
    if (error instanceof CannotDecode) throw error;
    throw new CannotDecode(`the codec broke off (${(error as Error).message})`, { cause: error });
  }
}

function contextFor(image: WasmImage, call: (name: string, ...values: number[]) => number): number {
  const context = call('CreateCodecsContext');
  call('SetRows', context, image.rows);
  call('SetColumns', context, image.columns);
  call('SetBitsAllocated', context, image.bitsAllocated);
  call('SetBitsStored', context, image.bitsStored);
  call('SetSamplesPerPixel', context, image.samplesPerPixel);
  call('SetPixelRepresentation', context, image.isSigned ? 1 : 0);
  call('SetPlanarConfiguration', context, 0);
  return context;
}

function instantiate(): Exports {
  compiled ??= new WebAssembly.Module(readFileSync(require.resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm')));
  const nothing = (): number => 0;
  const view = (): DataView => new DataView(exports.memory.buffer);
  const textAt = (at: number, length: number): string =>
    Buffer.from(exports.memory.buffer, at, length).toString('latin1');
  const listen = (text: string): void => {
    if (isDamage(text)) complaint ??= shortened(text);
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
