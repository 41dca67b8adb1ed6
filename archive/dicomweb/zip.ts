/**
 * A ZIP as it is written, one file after the other, each with its lengths behind it (PKWARE APPNOTE.TXT 6.3.10, Section 4.3). Of
 * files that are through only their place is held. A library looks through all of them for each next one, and holds their streams.
 */
import type { TransformOptions } from 'node:stream';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import type { DeflateRaw, ZlibOptions } from 'node:zlib';

export interface ZippedFile {
  readonly name: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Not for a file that gets no smaller. */
  readonly isDeflated: boolean;
}

/** What the central directory says of a file (4.3.12). */
interface Entry {
  readonly name: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/** 4.4.3.2: 4.5 is ZIP64; made by 3, Unix, whose permissions the external attributes are. */
const [plainVersion, zip64Version, madeBy] = [20, 45, (3 << 8) | 45];
/** 4.4.4: lengths come behind the file, and its name is UTF-8. */
const flags = (1 << 3) | (1 << 11);
const [storedMethod, deflateMethod] = [0, 8];
/** 4.4.6, the same for all: 1 January 1980, the first day that the format knows. The same files are the same bytes. */
const [time, date] = [0, (1 << 5) | 1];
const permissions = 0o100644;
/** What does not fit into the fields of old stands in those of ZIP64 (4.4.1.4). */
const [short, long] = [0xffff, 0xffffffff];
const recordsAtOnce = 500;

/** Deflated at once, and read before more is: the stream has room for it. */
const deflatedAtOnce = 1024 * 1024;
/** The fastest level takes half away, which a thin line feels. */
const deflateOptions: ZlibOptions & TransformOptions = { level: 1, readableHighWaterMark: 2 * deflatedAtOnce };
/** A last block of deflate with nothing in it (RFC 1951 Section 3.2.3): what a flush leaves is on the boundary of a byte. */
const lastBlock = Buffer.of(0x03, 0x00);

/** @throws what reading the files throws: then it has no end, and is no ZIP */
export async function* zip(files: AsyncIterable<ZippedFile>): AsyncGenerator<Uint8Array, void, void> {
  const entries: Entry[] = [];
  let at = 0;
  // One for all files: each of its own would have memory that is collected long after the file is through.
  const deflate = createDeflateRaw(deflateOptions);
  try {
    for await (const { name: text, pieces, isDeflated } of files) {
      const name = Buffer.from(text);
      const method = isDeflated ? deflateMethod : storedMethod;
      const whole = { crc: 0, bytes: 0 };
      const offset = at;
      const head = localHeader(name, method);
      yield head;
      at += head.length;
      const read = counted(pieces, whole);
      let compressedBytes = 0;
      for await (const piece of isDeflated ? deflated(read, deflate) : read) {
        compressedBytes += piece.length;
        yield piece;
      }
      const entry = { name, method, ...whole, compressedBytes, offset };
      const descriptor = dataDescriptor(entry);
      yield descriptor;
      at += compressedBytes + descriptor.length;
      entries.push(entry);
    }
  } finally {
    deflate.destroy();
  }
  const directory = at;
  for (let from = 0; from < entries.length; from += recordsAtOnce) {
    const records = Buffer.concat(entries.slice(from, from + recordsAtOnce).map(directoryRecord));
    yield records;
    at += records.length;
  }
  yield endRecords(entries.length, directory, at);
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  whole: { crc: number; bytes: number },
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    whole.crc = crc32(piece, whole.crc);
    whole.bytes += piece.length;
    yield piece;
  }
}

/** One file, of which the next one knows nothing. */
async function* deflated(
  pieces: AsyncIterable<Uint8Array>,
  deflate: DeflateRaw,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; from += deflatedAtOnce) {
      await new Promise<void>((resolve, reject) => {
        const part = piece.subarray(from, from + deflatedAtOnce);
        deflate.write(part, (error) => (error ? reject(error) : resolve()));
      });
      yield* readyOf(deflate);
    }
  }
  await new Promise<void>((resolve) => deflate.flush(constants.Z_FULL_FLUSH, resolve));
  yield* readyOf(deflate);
  yield lastBlock;
}

function* readyOf(deflate: DeflateRaw): Generator<Uint8Array, void, void> {
  for (;;) {
    const ready = deflate.read() as Uint8Array | null;
    if (!ready) return;
    yield ready;
  }
}

/** 4.3.7. */
function localHeader(name: Buffer, method: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(plainVersion, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt16LE(time, 10);
  header.writeUInt16LE(date, 12);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

/** 4.3.9. */
function dataDescriptor({ crc, compressedBytes, bytes }: Entry): Buffer {
  const isLarge = Math.max(compressedBytes, bytes) >= long;
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  if (isLarge) {
    writeLong(descriptor, compressedBytes, 8);
    writeLong(descriptor, bytes, 16);
  } else {
    descriptor.writeUInt32LE(compressedBytes, 8);
    descriptor.writeUInt32LE(bytes, 12);
  }
  return descriptor;
}

/** 4.3.12, with the extra field of ZIP64 (4.5.3) where one of its numbers needs it. */
function directoryRecord({ name, method, crc, compressedBytes, bytes, offset }: Entry): Buffer {
  const isLarge = Math.max(compressedBytes, bytes, offset) >= long;
  const extra = Buffer.alloc(isLarge ? 28 : 0);
  if (isLarge) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [index, value] of [bytes, compressedBytes, offset].entries()) writeLong(extra, value, 4 + 8 * index);
  }
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(madeBy, 4);
  record.writeUInt16LE(isLarge ? zip64Version : plainVersion, 6);
  record.writeUInt16LE(flags, 8);
  record.writeUInt16LE(method, 10);
  record.writeUInt16LE(time, 12);
  record.writeUInt16LE(date, 14);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(isLarge ? long : compressedBytes, 20);
  record.writeUInt32LE(isLarge ? long : bytes, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(permissions * 2 ** 16, 38);
  record.writeUInt32LE(isLarge ? long : offset, 42);
  return Buffer.concat([record, name, extra]);
}

/** 4.3.14 to 4.3.16. @param directory  where it begins @param end  where it ends */
function endRecords(count: number, directory: number, end: number): Buffer {
  const isLarge = count >= short || end >= long;
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(Math.min(count, short), 8);
  record.writeUInt16LE(Math.min(count, short), 10);
  record.writeUInt32LE(Math.min(end - directory, long), 12);
  record.writeUInt32LE(Math.min(directory, long), 16);
  if (!isLarge) return record;
  const zip64 = Buffer.alloc(56 + 20);
  zip64.writeUInt32LE(0x06064b50, 0);
  writeLong(zip64, 44, 4);
  zip64.writeUInt16LE(madeBy, 12);
  zip64.writeUInt16LE(zip64Version, 14);
  for (const [index, value] of [count, count, end - directory, directory].entries())
    writeLong(zip64, value, 24 + 8 * index);
  zip64.writeUInt32LE(0x07064b50, 56);
  writeLong(zip64, end, 64);
  zip64.writeUInt32LE(1, 72);
  return Buffer.concat([zip64, record]);
}

function writeLong(into: Buffer, value: number, at: number): void {
  into.writeBigUInt64LE(BigInt(value), at);
}
