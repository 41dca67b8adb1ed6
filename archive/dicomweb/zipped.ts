/** Instances as the files of a ZIP (PS3.18 Section 8.6.1.3): what a browser can save, and anybody can open. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Given } from './decodable.ts';
import { headOf, openedOf, openPieces } from './opened-instances.ts';
import type { Answering, Giving } from './opened-instances.ts';
import { rememberLost } from '../unreadable.ts';

export const zipType = 'application/zip';

/** Pixel data that is compressed gets no smaller. Of the rest the fastest level takes half away, which a thin line feels. */
const fastest = 1;
const stored = 0;
/** Of every file: its answer has a strong ETag, so the same instances are the same bytes. The format knows nothing earlier, and no time zone. */
const dated = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };

interface Entry {
  doFileDataPump: () => void;
}

const nothing = (): void => {};

/**
 * Before it writes the next one, yazl looks through all files that it has, from the first: of 100,000 that takes minutes; and it holds
 * the stream of each to its end. So those that are written wait elsewhere, by themselves, until it lists them.
 */
class LongZip extends ZipFile {
  declare entries: Entry[];
  readonly #written: Entry[] = [];

  /** All but the last one that was added are written. */
  putAside(): void {
    for (const entry of this.entries.splice(0, this.entries.length - 1)) {
      entry.doFileDataPump = nothing; // which holds its stream
      this.#written.push(entry);
    }
  }

  override end(): void {
    this.entries = [...this.#written, ...this.entries];
    super.end();
  }
}

/** @throws what reading the last of them throws, where none can be read */
export async function sendZip(giving: Giving, answering: Answering): Promise<void> {
  const { response, signal } = answering;
  const instances = openedOf(giving, (each) => openPieces(each, answering), answering);
  // Until the first of them is open, the answer can be another one.
  const first = await instances.next();
  response.set({ 'Content-Type': zipType, 'Content-Disposition': 'attachment' });
  if (response.req.method === 'HEAD') return void response.end();
  const zip = new LongZip();
  const output = zip.outputStream as Readable;
  // Told by who fills it. Where its client went as it began, nobody else listens any more, and what nobody hears ends the archive.
  output.on('error', nothing);
  const name = fileNames();
  let file: Readable | undefined;
  const fill = async (): Promise<void> => {
    let count = 0;
    for (let next = first; !next.done; next = await instances.next()) {
      const { each, opened } = next.value;
      if (output.destroyed) return void (await opened.pieces[Symbol.asyncIterator]().return?.());
      file = Readable.from(joined(headOf(each), opened.pieces), { objectMode: false });
      const { encapsulated, deflated } = each.syntax;
      zip.addReadStream(file, name(each), { ...dated, compressionLevel: encapsulated || deflated ? stored : fastest });
      // Where it is given up before its turn comes, nobody has begun to read it, and nobody else closes it.
      await ended(file, each).finally(() => opened.pieces[Symbol.asyncIterator]().return?.());
      zip.putAside();
      count++;
    }
    signal.throwIfAborted();
    const leftOut = giving.given.length + giving.missing - count;
    if (leftOut > 0) zip.addBuffer(Buffer.from(leftOutText(leftOut, count)), 'LEFT-OUT.txt', dated);
    zip.end();
  };
  const sent = pipeline(output, response, { signal });
  // What breaks off is no whole ZIP, and its client is told so by the end of the connection.
  const filled = fill().catch((error: unknown) => {
    output.destroy(error as Error);
    throw error;
  });
  try {
    await Promise.all([filled, sent]);
  } finally {
    file?.destroy();
  }
}

/** Resolves when all of it has been taken. @throws what reading it throws */
async function ended(file: Readable, { instance }: Given): Promise<void> {
  await once(file, 'close').catch((error: unknown) => {
    rememberLost(error, instance);
    throw error;
  });
}

async function* joined(head: Buffer, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* pieces;
}

/** `SE000001/IM000001.dcm`: numbered as they come, since names of 64 characters in folders of 64 are too long for Windows. */
function fileNames(): (each: Given) => string {
  const series = new Map<string, number>();
  const instances = new Map<string, number>();
  return ({ instance: { row } }) => {
    const key = `${row.study_instance_uid} ${row.series_instance_uid}`;
    const number = series.get(key) ?? series.size + 1;
    series.set(key, number);
    const nth = (instances.get(key) ?? 0) + 1;
    instances.set(key, nth);
    return `SE${padded(number)}/IM${padded(nth)}.dcm`;
  };
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** Who saves a file does not see the status 206. */
function leftOutText(leftOut: number, count: number): string {
  return [
    `Có ${count} ảnh trong tệp này; ${leftOut} ảnh khác không đọc được, hoặc không đổi được sang dạng đã yêu cầu, nên không có ở đây. Hãy báo người quản trị Lightbox.`,
    `There are ${count} images in this file; ${leftOut} others could not be read, or not be given in the form that was asked for, and are not here. Tell the administrator of Lightbox.`,
    '',
  ].join('\r\n');
}
