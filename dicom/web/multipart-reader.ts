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
  const parser = new Dicer({
    boundary,
    maxHeaderSize: limits.multipartHeaderBytes + 1,
    partHwm: partBufferBytes,
    highWaterMark: partBufferBytes,
  } as ConstructorParameters<typeof Dicer>[0]);
  const parts = new Parts();
  collect(parts, parser, limits);
  const feeding = feed(parser, source, parts).catch((error: Error) => {
    parts.end(error);
    // Whoever reads it would wait for ever for the rest: the parser leaves its parts as they are.
    parts.last?.destroy(new BadMultipart('the part was cut off', { cause: error }));
    parser.destroy(error);
  });
  try {
    for (let part = await parts.next(); part; part = await parts.next()) yield part;
    await feeding;
    if (parts.failure) throw parts.failure;
  } finally {
    parts.close();
  }
}

/** Parts that came and wait to be read. */
class Parts {
  failure: Error | undefined;
  /** The body of the part that came last: the only one that may not have come whole. */
  last: Readable | undefined;
  isEnded = false;
  readonly #queue: Part[] = [];
  #wake = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  add(part: Part): void {
    this.#queue.push(part);
    this.#wake.resolve();
  }

  end(error?: Error): void {
    this.isEnded = true;
    this.failure ??= error;
    this.#wake.resolve();
    this.#room.resolve();
  }

  /** Undefined behind the last one. */
  async next(): Promise<Part | undefined> {
    while (this.#queue.length === 0 && !this.isEnded) {
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
    const part = this.#queue.shift();
    if (part) this.#room.resolve();
    return part;
  }

  /** Resolves when there is room for more, of the parser too, or when nothing more is wanted. */
  async room(isParserFull: () => boolean): Promise<void> {
    while ((isParserFull() || this.#queue.length > waitingParts) && !this.isEnded) {
      this.#room = Promise.withResolvers();
      await this.#room.promise;
    }
  }

  parserHasRoom(): void {
    this.#room.resolve();
  }

  /** Nobody reads those that are left. */
  close(): void {
    this.end();
    for (const { body } of this.#queue) body.destroy();
  }
}

/** Takes what the parser finds. */
function collect(parts: Parts, parser: Dicer, { multipartHeaderBytes }: MultipartLimits): void {
  /** The parser passes over a part whose headers have no end as if it were not there. */
  let isInHeaders = false;
  const tellOfUnread = (): void => {
    if (!isInHeaders) return;
    isInHeaders = false;
    parts.add({ headers: new Map(), body: failing(new BadMultipart('the headers of the part have no end')) });
  };
  parser.on('part', (stream) => {
    tellOfUnread();
    isInHeaders = true;
    const body = stream as unknown as Readable;
    parts.last = body;
    body.on('error', () => {}); // told by whoever reads it
    stream.on('header', (header: Record<string, string[]>) => {
      isInHeaders = false;
      const headers = new Map(Object.entries(header).map(([name, values]) => [name.toLowerCase(), values[0] ?? '']));
      // With the colon, the blank and the line end of each; the parser keeps no more than the limit and a byte.
      const bytes = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
      if (bytes < multipartHeaderBytes) return parts.add({ headers, body });
      parts.end(new BadMultipart(`the headers of a part have more than ${multipartHeaderBytes} bytes`));
      body.destroy(new BadMultipart('headers too long'));
    });
  });
  parser.on('finish', () => {
    tellOfUnread();
    parts.end();
  });
  parser.on('error', (error) => parts.end(new BadMultipart(error.message, { cause: error })));
}

/** Hands the body on, no faster than parts are read. */
async function feed(parser: Dicer, source: Readable, parts: Parts): Promise<void> {
  let isFull = false;
  parser.on('drain', () => {
    isFull = false;
    parts.parserHasRoom();
  });
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (parts.isEnded) break;
    isFull = !parser.write(chunk);
    await parts.room(() => isFull);
  }
  // Who stops in the middle still wants to answer on the source's connection: the rest is passed over.
  if (parts.isEnded) source.resume();
  else parser.end();
}

/** A body that fails as soon as it is read. */
function failing(why: BadMultipart): Readable {
  const body = new Readable({ read: () => body.destroy(why) });
  return body.on('error', () => {}); // told by whoever reads it
}
