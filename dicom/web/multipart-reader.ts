/**
 * Reads a multipart/related body (RFC 2046 Section 5.1, RFC 2387) part by part as it arrives. A part's bytes stream with
 * backpressure; the next part comes when the one before it has been read.
 */
import { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';

export interface Part {
  /** Lower-case names; the first value of each. */
  readonly headers: ReadonlyMap<string, string>;
  /** It must be read, or resumed, to its end before the next part can come. It fails when the part is cut off. */
  readonly body: Readable;
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

/** @throws BadMultipart, after the parts that came whole */
export async function* readMultipart(
  source: Readable,
  boundary: string,
  limits: MultipartLimits,
): AsyncGenerator<Part> {
  if (boundary === '' || boundary.length > limits.multipartBoundaryBytes) {
    throw new BadMultipart(`a boundary has 1 to ${limits.multipartBoundaryBytes} characters`);
  }
  const dicer = new Dicer({
    boundary,
    maxHeaderSize: limits.multipartHeaderBytes + 1,
    partHwm: partBufferBytes,
    highWaterMark: partBufferBytes,
  } as ConstructorParameters<typeof Dicer>[0]);
  const queue: Part[] = [];
  let wake = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  let full = false;
  let ended = false;
  let failure: Error | undefined;
  /** The part that came last: the only one that may not have come whole. */
  let last: Readable | undefined;
  const end = (error?: Error): void => {
    ended = true;
    failure ??= error;
    wake.resolve();
    room.resolve();
  };

  /** The parser passes over a part whose headers have no end as if it were not there. */
  let isInHeaders = false;
  const tellOfUnread = (): void => {
    if (!isInHeaders) return;
    isInHeaders = false;
    queue.push({ headers: new Map(), body: failing(new BadMultipart('the headers of the part have no end')) });
    wake.resolve();
  };

  dicer.on('part', (stream) => {
    tellOfUnread();
    isInHeaders = true;
    const body = stream as unknown as Readable;
    last = body;
    body.on('error', () => {}); // told by whoever reads it
    const refuse = (why: string): void => void body.destroy(new BadMultipart(why));
    stream.on('header', (header: Record<string, string[]>) => {
      isInHeaders = false;
      const headers = new Map(Object.entries(header).map(([name, values]) => [name.toLowerCase(), values[0] ?? '']));
      // With the colon, the blank and the line end of each; the parser keeps no more than the limit and a byte.
      const bytes = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
      if (bytes >= limits.multipartHeaderBytes) {
        end(new BadMultipart(`the headers of a part have more than ${limits.multipartHeaderBytes} bytes`));
        refuse('headers too long');
        return;
      }
      queue.push({ headers, body });
      wake.resolve();
    });
  });
  dicer.on('drain', () => {
    full = false;
    room.resolve();
  });
  dicer.on('finish', () => {
    tellOfUnread();
    end();
  });
  dicer.on('error', (error) => end(new BadMultipart(error.message, { cause: error })));

  /** Hands the body on, no faster than parts are read. */
  const feed = async (): Promise<void> => {
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (ended) break;
      full = !dicer.write(chunk);
      while ((full || queue.length > waitingParts) && !ended) {
        room = Promise.withResolvers();
        await room.promise;
      }
    }
    // Who stops in the middle still wants to answer on the source's connection: the rest is passed over.
    if (ended) source.resume();
    else dicer.end();
  };
  const feeding = feed().catch((error: Error) => {
    end(error);
    // Whoever reads it would wait for ever for the rest: the parser leaves its parts as they are.
    last?.destroy(new BadMultipart('the part was cut off', { cause: error }));
    dicer.destroy(error);
  });

  try {
    for (;;) {
      const part = queue.shift();
      if (part) {
        room.resolve();
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
    for (const { body } of queue) body.destroy();
  }
}

/** A body that fails as soon as it is read. */
function failing(why: BadMultipart): Readable {
  const body = new Readable({ read: () => body.destroy(why) });
  return body.on('error', () => {}); // told by whoever reads it
}
