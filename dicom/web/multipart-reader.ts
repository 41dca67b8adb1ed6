/**
 * Reads a multipart/related body (RFC 2046 Section 5.1, RFC 2387) part by part as it arrives. A part's bytes stream with
 * backpressure; the next part comes when the one before it has been read.
 */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';

export interface Part {
  /** Lower-case names; the first value of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The body is not the multipart it says it is. */
export class BadMultipart extends Error {
  override name = 'BadMultipart';
}

export interface MultipartLimits {
  readonly multipartHeaderBytes: number;
  readonly multipartBoundaryBytes: number;
}

/** Parts that may wait to be read: a body of nothing but boundaries must not become a heap of streams. */
const waitingParts = 16;
/** Bytes of one part that wait between the parser and its reader. */
const partBufferBytes = 256 * 1024;

/** @throws BadMultipart, also from the body of the part that was cut off */
export async function* readMultipart(source: Readable, boundary: string, limits: MultipartLimits): AsyncGenerator<Part> {
  if (boundary === '' || boundary.length > limits.multipartBoundaryBytes) {
    throw new BadMultipart(`a boundary has 1 to ${limits.multipartBoundaryBytes} characters`);
  }
  const dicer = new Dicer({ boundary, maxHeaderSize: limits.multipartHeaderBytes + 1, partHwm: partBufferBytes, highWaterMark: partBufferBytes } as ConstructorParameters<typeof Dicer>[0]);
  const queue: Part[] = [];
  let wake = Promise.withResolvers<void>();
  let taken = Promise.withResolvers<void>();
  let ended = false;
  let failure: Error | undefined;
  const end = (error?: Error): void => {
    ended = true;
    failure ??= error;
    wake.resolve();
    taken.resolve();
  };

  dicer.on('part', (stream) => {
    const body = stream as unknown as Readable;
    body.on('error', () => {}); // told by whoever reads it
    const refuse = (why: string): void => void body.destroy(new BadMultipart(why));
    stream.on('header', (header: Record<string, string[]>) => {
      const headers = new Map(Object.entries(header).map(([name, values]) => [name.toLowerCase(), values[0] ?? '']));
      const bytes = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      if (bytes >= limits.multipartHeaderBytes) {
        end(new BadMultipart(`the headers of a part have more than ${limits.multipartHeaderBytes} bytes`));
        refuse('headers too long');
        return;
      }
      queue.push({ headers, body });
      wake.resolve();
    });
  });
  dicer.on('finish', () => end());
  dicer.on('error', (error) => end(new BadMultipart(error.message, { cause: error })));

  /** Hands the body on, no faster than parts are read. */
  const feed = async (): Promise<void> => {
    for await (const chunk of source) {
      if (ended) return;
      if (!dicer.write(chunk)) await Promise.race([once(dicer, 'drain'), taken.promise]);
      while (queue.length > waitingParts && !ended) {
        taken = Promise.withResolvers();
        await taken.promise;
      }
    }
    dicer.end();
  };
  const feeding = feed().catch((error: Error) => {
    end(error);
    dicer.destroy(error);
  });

  try {
    for (;;) {
      const part = queue.shift();
      if (part) {
        taken.resolve();
        yield part;
      } else if (ended) {
        break;
      } else {
        wake = Promise.withResolvers();
        await wake.promise;
      }
    }
    await feeding;
    if (failure) throw failure;
  } finally {
    end();
    for (const { body } of queue) (body as Readable).destroy();
  }
}
