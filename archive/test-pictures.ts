/** An archive for tests of pictures: both rendered doors over real storage, with instances that we compute ourselves. */
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { type Attributes, dicomFile } from '#samples/write.ts';
import { openKeeper } from '#tests/keep-file.ts';
import type { Database } from '#index/database.ts';
import type { Storage } from '#storage/storage.ts';
import { pino } from 'pino';
import { admin, startTestArchive } from './http/test-archive.ts';
import { renderedResources } from './dicomweb/rendered.ts';
import type { PictureParts } from './pictures.ts';
import { RecentImages } from './recent-images.ts';
import { wadoUriResources } from './wado-uri.ts';

export interface PictureArchive extends AsyncDisposable {
  readonly url: string;
  readonly pixels: PixelPool;
  readonly images: RecentImages;
  /** Where its objects lie. */
  readonly storage: Storage;
  /** Reads of the storage so far, and the bytes that were asked for. */
  readonly reads: { count: number; bytes: number };
  readonly database: Database;
  /** @param fragments  equal parts that Pixel Data comes in where the syntax encapsulates it */
  keep(differs: Attributes, transferSyntax?: string, fragments?: number): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

export async function startPictureArchive(): Promise<PictureArchive> {
  const open = new AsyncDisposableStack();
  const pixels = open.use(new PixelPool({ threads: 1, waiting: 10 }));
  // Database and storage come with the archive, which is given its resources first.
  const images = new RecentImages();
  const parts = { pixels, images, log: pino({ level: 'silent' }), baseUrl: '/dicom-web' } as PictureParts & {
    baseUrl: string;
  };
  const archive = open.use(
    await startTestArchive({ dicomweb: renderedResources(parts), wadoUri: wadoUriResources(parts) }),
  );
  const { database, url } = archive.postgres;
  const reads = { count: 0, bytes: 0 };
  Object.assign(parts, { database, storage: counting(archive.storage, reads) });
  const keeper = open.use(openKeeper(url, archive.storage, await storeNumber(database, 'file:test')));
  const root = `http://127.0.0.1:${archive.port}`;
  return {
    url: root,
    pixels,
    images,
    storage: archive.storage,
    reads,
    database,
    async keep(differs, transferSyntax, fragments = 1) {
      const file = dicomFile({ ...picture, ...differs });
      await keeper.keep(transferSyntax === undefined ? file : inSyntax(file, transferSyntax, fragments));
    },
    // fetch would say no-cache by itself beside If-None-Match, which asks for the whole answer.
    get: (path, headers = {}) =>
      fetch(root + path, { headers: { ...admin, 'cache-control': 'max-age=0', ...headers } }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** The very storage, which notes what is read of it. */
function counting(storage: Storage, reads: PictureArchive['reads']): Storage {
  const note = (length: number): void => {
    reads.count++;
    reads.bytes += length;
  };
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'readRange')
        return (...args: Parameters<Storage['readRange']>) => {
          note(args[2]);
          return target.readRange(...args);
        };
      if (name === 'readStream')
        return (...args: Parameters<Storage['readStream']>) => {
          note(args[1]?.length ?? 0);
          return target.readStream(...args);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/** 8 columns and 4 rows of 12 bits: 0, 10, 20, … 310, in a window that shows 0 … 255 as they are. */
export const picture: Attributes = {
  SpecificCharacterSet: 'ISO_IR 192',
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
  SOPInstanceUID: '1.2.3.1.1',
  StudyInstanceUID: '1.2.3',
  SeriesInstanceUID: '1.2.3.1',
  SeriesNumber: '1',
  InstanceNumber: '1',
  Modality: 'OT',
  PatientID: 'X1',
  PatientName: 'TRẦN^THỬ',
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  Rows: 4,
  Columns: 8,
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 0,
  WindowCenter: '128',
  WindowWidth: '256',
  PixelData: ramp(1),
};

/** Frames of 8 × 4 pixels, each frame 1 brighter than the one before. */
export function ramp(frames: number): Buffer {
  const bytes = Buffer.alloc(frames * 64);
  for (let at = 0; at < frames * 32; at++) bytes.writeUInt16LE((at % 32) * 10 + Math.floor(at / 32), 2 * at);
  return bytes;
}

/** What a frame of the ramp shows. */
export const shownRamp = (brighter = 0): number[] =>
  Array.from({ length: 32 }, (_, index) => Math.min(255, index * 10 + brighter));

/** The same bytes said to be in another syntax, with Pixel Data in fragments (PS3.5 A.4). */
function inSyntax(file: Buffer, uid: string, fragments: number): Buffer {
  const at = file.lastIndexOf(Buffer.from('e07f10004f57', 'hex'));
  const header = Buffer.from('e07f10004f420000ffffffff', 'hex');
  const item = (bytes: Buffer): Buffer => {
    const head = Buffer.from('feff00e000000000', 'hex');
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  };
  const value = file.subarray(at + 12);
  const size = value.length / fragments;
  const parts = Array.from({ length: fragments }, (_, part) => item(value.subarray(part * size, (part + 1) * size)));
  const pixels = [header, item(Buffer.alloc(0)), ...parts, Buffer.from('feffdde000000000', 'hex')];
  const was = Buffer.from('1.2.840.10008.1.2.1\0');
  const head = Buffer.from(file.subarray(0, at));
  const place = head.indexOf(was);
  const name = Buffer.from(uid.length % 2 ? `${uid}\0` : uid);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(name.length);
  const meta = Buffer.concat([head.subarray(0, place - 2), length, name, head.subarray(place + was.length)]);
  return Buffer.concat([meta, ...pixels]);
}
