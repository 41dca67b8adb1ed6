/**
 * Keeps bytes under keys, and knows nothing of DICOM. `openStorage(url)` gives one of the backends beside this file.
 */
import { fileURLToPath } from 'node:url';
import { maskAddress } from '#settings/mask.ts';
import { BadSetting } from '#settings/settings.ts';
import type { Reserves } from './free-space.ts';

/**
 * A key is ASCII: letters, digits, `/`, `-` and `.`, made by us, never from anything received.
 * An object is written once, under a key that was never used before, and never changed afterwards.
 */
export interface Storage extends AsyncDisposable {
  /**
   * True where the bytes of an object can be read back as soon as they are written, before they are durable.
   * Only then may its index row be committed side by side with `commit()`: where it is false the row must follow,
   * or a reader could find a row whose object is not there yet.
   */
  readonly readableBeforeDurable: boolean;

  /** True where `readRange` may answer from memory: whether an object is there now, and whole, only `readStream` tells. */
  readonly remembersRanges: boolean;

  /** True where `length` costs so little that every object of an answer may be asked for before it begins. */
  readonly tellsLengthsAtOnce: boolean;

  /** Starts a new object under `key`. Nothing of it counts until `commit()` has resolved. */
  begin(key: string): Promise<PendingObject>;

  /**
   * Bytes [offset, offset + length) of an object.
   * @param into at least `length` bytes, whose beginning they are read into; without it they get memory of their own
   * @throws NoSuchObject, ObjectTooShort
   */
  readRange(key: string, offset: number, length: number, into?: Buffer): Promise<Buffer>;

  /** The object as a stream, from `offset` for `length` bytes (default: all). @throws NoSuchObject on the first read */
  readStream(key: string, range?: { offset: number; length: number }): AsyncIterable<Uint8Array>;

  /** The object's length in bytes, or undefined when there is none. */
  length(key: string): Promise<number | undefined>;

  /** Resolves when an object that can be read is durable too, also when who wrote it ended before `commit()`. @throws NoSuchObject */
  makeDurable(key: string): Promise<void>;

  /** Removes an object; one that is not there is no error. */
  remove(key: string): Promise<void>;

  /**
   * Every object whose key begins with `prefix` (a whole path segment such as `i/2026/`), in order of its key.
   * @param after begins behind this key: where a list that broke goes on
   */
  list(prefix: string, after?: string): AsyncIterable<{ key: string; length: number }>;

  /**
   * What is missing while the objects are where they were when the storage was opened is missing; else nothing is known of it.
   * @throws StorageUnavailable when they are not there, or that cannot be said now
   */
  confirmPlace(): Promise<void>;

  /** Bytes that may still be written before the reserve is touched; undefined where the backend cannot tell. */
  freeBytes(): Promise<number | undefined>;
}

/** An object on its way in. Exactly one of `commit` and `abort` ends it. */
export interface PendingObject {
  /**
   * Appends. Resolves as soon as more is welcome; a caller that awaits each call makes it hold a bounded number of bytes.
   * The chunk has been copied, or written, when it resolves: it may be used again. @throws StorageFull, StorageUnavailable
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Overwrites bytes already written, at `position`: for a head whose values are known only at the end. */
  overwrite(position: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when every byte has been handed to the backend, so that `readRange` would see it (where readableBeforeDurable). */
  flush(): Promise<void>;
  /** Resolves when bytes and name are durable: they survive a power cut. Implies flush. @throws StorageFull, StorageUnavailable, StorageFailed */
  commit(): Promise<void>;
  /** Throws the bytes away. Never rejects. */
  abort(): Promise<void>;
}

export class StorageFailed extends Error {
  override name = 'StorageFailed';
  /**
   * What could not be read, in bytes from the beginning of the object, where a read broke off that had begun: other parts of it may
   * be sound.
   */
  at?: { readonly offset: number; readonly length: number };
}
/** No space left, or the reserve that keeps the database alive would be touched. */
export class StorageFull extends StorageFailed {
  override name = 'StorageFull';
}
/** The server that keeps the objects cannot be reached, or asks for patience, or too many files are open: sending again later will do. */
export class StorageUnavailable extends StorageFailed {
  override name = 'StorageUnavailable';
}
/** What holds the objects is not there: a disk that is not mounted any more. */
export class StorageGone extends StorageFailed {
  override name = 'StorageGone';
}
export class NoSuchObject extends StorageFailed {
  override name = 'NoSuchObject';
}
export class ObjectTooShort extends StorageFailed {
  override name = 'ObjectTooShort';
}

/** The object is damaged or gone, whoever asks again. One that cannot be reached now is neither. */
export function isUnreadable(error: unknown): error is StorageFailed {
  return error instanceof StorageFailed && !(error instanceof StorageUnavailable);
}

/** The reserves are those of the disk that is written to here: of a `file:` store, or of the spool. */
export interface StorageOptions extends Reserves {
  /** SPOOL_DIR: where objects on their way to S3 wait. */
  readonly spoolDir: string;
}

/**
 * Opens the backend of a STORAGE_URL. Backends are loaded when they are asked for: nobody on a disk pays for the S3 client.
 * @throws BadSetting when it is not one, or cannot be opened now
 */
export async function openStorage(url: string, options: StorageOptions): Promise<Storage> {
  try {
    return await openBackend(url, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadSetting('STORAGE_URL', maskAddress(url), `a store that can be opened (${reason})`, { cause });
  }
}

async function openBackend(url: string, options: StorageOptions): Promise<Storage> {
  if (url.startsWith('file:')) {
    const { FileSystemStorage } = await import('./file-system.ts');
    return FileSystemStorage.open(fileURLToPath(new URL(url)), options);
  }
  if (url.startsWith('s3:')) {
    const { S3Storage, parseS3Url } = await import('./s3.ts');
    return S3Storage.open(parseS3Url(url), options);
  }
  throw new StorageFailed('neither file: nor s3:');
}
