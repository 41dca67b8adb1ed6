/** Instances as the files of a ZIP (PS3.18 Section 8.6.1.3): what a browser can save, and anybody can open. */
import { pipeline } from 'node:stream/promises';
import type { Given } from '#archive/dicomweb/decodable.ts';
import { headOf, openedOf, openPieces } from '#archive/dicomweb/opened-instances.ts';
import type { Answering, Giving } from '#archive/dicomweb/opened-instances.ts';
import { zip } from '#archive/dicomweb/zip.ts';
import type { ZippedFile } from '#archive/dicomweb/zip.ts';
import { rememberLost } from '#archive/unreadable.ts';

export const zipType = 'application/zip';

type Opened = Awaited<ReturnType<typeof openPieces>>;
type OpenedInstances = ReturnType<typeof openedOf<Opened>>;

/** @throws what reading the last of them throws, where none can be read */
export async function sendZip(giving: Giving, answering: Answering): Promise<void> {
  const { response, signal } = answering;
  const instances = openedOf(giving, (each) => openPieces(each, answering), answering);
  // Until the first of them is open, the answer can be another one.
  const first = await instances.next();
  response.set({ 'Content-Type': zipType, 'Content-Disposition': 'attachment' });
  if (response.req.method === 'HEAD') return void response.end();
  // What breaks off is no whole ZIP, and its client is told so by the end of the connection.
  await pipeline(zip(filesOf(first, instances, giving, signal)), response, { signal });
}

async function* filesOf(
  first: Awaited<ReturnType<OpenedInstances['next']>>,
  instances: OpenedInstances,
  { given, missing }: Giving,
  signal: AbortSignal,
): AsyncGenerator<ZippedFile, void, void> {
  const name = fileNames();
  let count = 0;
  for (let next = first; !next.done; next = await instances.next()) {
    const { each, opened } = next.value;
    const { encapsulated, deflated } = each.syntax;
    try {
      // Pixel data that is compressed gets no smaller.
      yield { name: name(each), pieces: fileOf(each, opened), isDeflated: !encapsulated && !deflated };
    } finally {
      // Where it is given up before its turn comes, nobody has begun to read it, and nobody else closes it.
      await opened.pieces[Symbol.asyncIterator]().return?.();
    }
    count++;
  }
  signal.throwIfAborted();
  const leftOut = given.length + missing - count;
  if (leftOut > 0) yield { name: 'LEFT-OUT.txt', pieces: textOf(leftOutText(leftOut, count)), isDeflated: true };
}

async function* fileOf(each: Given, { pieces }: Opened): AsyncGenerator<Uint8Array, void, void> {
  yield headOf(each);
  try {
    yield* pieces;
  } catch (error) {
    rememberLost(error, each.instance);
    throw error;
  }
}

async function* textOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(text);
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
