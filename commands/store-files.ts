/**
 * Sends DICOM files to a Lightbox by STOW-RS (PS3.18 Section 10.5), several in one request, streamed from disk, and tells of
 * each file what became of it.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { printedStatus } from '#dicom/dimse/status.ts';
import { multipart } from '#dicom/web/multipart.ts';
import { z } from 'zod';

import type { DicomFile } from './dicom-files.ts';

export interface Destination {
  /** `http://127.0.0.1:8080/` */
  readonly address: string;
  readonly token: string;
  /** The certificate that it shows, as a PEM file; only this one is trusted. */
  readonly certPath: string | undefined;
}

/** What became of a file: undefined when it is stored, else why not. */
export interface Outcome {
  readonly file: DicomFile;
  readonly refused?: string;
  /** The Failure Reason (0008,1197), where there is one. */
  readonly status?: number;
}

/** It does not answer, or has no room: worth another try later. */
export class NotNow extends Error {
  override name = 'NotNow';
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A file of the request could not be read to its end. */
class FileUnreadable extends Error {
  override name = 'FileUnreadable';
  readonly file: DicomFile;

  constructor(file: DicomFile, cause: unknown) {
    super((cause as Error).message, { cause });
    this.file = file;
  }
}

/** What a Lightbox that restarts does to a connection. */
const passing = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);
const readAtOnceBytes = 256 * 1024;

/** PS3.18 Table 10.5.3-1: what the store instances response says of each instance. */
const instance = z.object({
  '00081155': z.object({ Value: z.array(z.string()).optional() }).optional(),
  '00081197': z.object({ Value: z.array(z.number()).optional() }).optional(),
});
const sequence = z.object({ Value: z.array(instance).default([]) }).default({ Value: [] });
/** Referenced SOP, Failed SOP, and Other Failures Sequence: of files that name no instance. */
const storeResponse = z.object({ '00081199': sequence, '00081198': sequence });
const problemDetails = z.object({ detail: z.string().optional(), title: z.string().optional() });

/** Failure Reasons that our archive gives (PS3.18 Table I.2-2), in words. */
const reasons: Readonly<Record<number, string>> = {
  0x0110: 'the archive failed to keep it',
  0x0122: 'its SOP class is not stored',
  0xa700: 'no space left',
  0xa900: 'its Study, Series or SOP Instance UID is missing or wrong',
  0xc000: 'its data set cannot be understood',
};
const outOfResources = 0xa700;

export class StoreClient implements Disposable {
  readonly #destination: Destination;
  readonly #agent: HttpAgent;
  readonly #request: typeof requestHttp;
  readonly #signal: AbortSignal;

  static async open(destination: Destination, signal: AbortSignal): Promise<StoreClient> {
    const { certPath } = destination;
    return new StoreClient(destination, certPath === undefined ? undefined : await readFile(certPath), signal);
  }

  private constructor(destination: Destination, certificate: Buffer | undefined, signal: AbortSignal) {
    const secure = new URL(destination.address).protocol === 'https:';
    this.#destination = destination;
    this.#signal = signal;
    this.#request = secure ? requestHttps : requestHttp;
    // The very certificate is what we trust; the name in it is that of the outside, and we come from the same machine.
    const trust = certificate && {
      ca: certificate,
      allowPartialTrustChain: true,
      checkServerIdentity: () => undefined,
    };
    this.#agent = secure ? new HttpsAgent({ keepAlive: true, ...trust }) : new HttpAgent({ keepAlive: true });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** @throws NotNow; Error when it cannot work at all */
  async store(files: readonly DicomFile[]): Promise<Outcome[]> {
    try {
      return await this.#storeTogether(files);
    } catch (error) {
      if (!(error instanceof FileUnreadable)) throw error;
      const others = files.filter((file) => file !== error.file);
      const refused = { file: error.file, refused: `cannot be read: ${error.message}` };
      return others.length === 0 ? [refused] : [refused, ...(await this.store(others))];
    }
  }

  async #storeTogether(files: readonly DicomFile[]): Promise<Outcome[]> {
    const answer = await this.#post(files);
    const status = answer.statusCode ?? 0;
    if (status === 503) {
      answer.resume();
      throw new NotNow('it cannot store at the moment', Number(answer.headers['retry-after']) * 1000 || undefined);
    }
    const body = await json(answer).catch((cause: Error) => {
      throw new NotNow(`its answer was cut off (${cause.message})`);
    });
    const parsed = [200, 202, 409, 500].includes(status) ? storeResponse.safeParse(body).data : undefined;
    const stored = parsed?.['00081199'].Value ?? [];
    const failed = parsed?.['00081198'].Value ?? [];
    if (failed.some((one) => one['00081197']?.Value?.[0] === outOfResources)) throw new NotNow('it has no space left');
    if (stored.length === files.length) return files.map((file) => ({ file }));
    const [first, ...others] = files;
    if (first === undefined) return [];
    if (others.length > 0) return await this.#sortOut(files, stored.map(uidOf));
    const reason = failed[0]?.['00081197']?.Value?.[0];
    if (reason !== undefined) return [{ file: first, status: reason, refused: inWords(reason) }];
    const { detail, title } = problemDetails.safeParse(body).data ?? {};
    if (status === 401 || status === 403 || status === 404)
      throw new Error(`Lightbox at ${this.#destination.address} does not let us in (${status}).`);
    return [{ file: first, refused: `status ${status}${(detail ?? title) ? `: ${detail ?? title}` : ''}` }];
  }

  /** Some failed. Those whose UID is among the stored are done; each of the others is sent alone, for an answer of its own. */
  async #sortOut(files: readonly DicomFile[], stored: readonly (string | undefined)[]): Promise<Outcome[]> {
    const left = [...stored];
    const outcomes: Outcome[] = [];
    for (const file of files) {
      const at = file.SOPInstanceUID === undefined ? -1 : left.indexOf(file.SOPInstanceUID);
      const sameUid = files.filter(({ SOPInstanceUID }) => SOPInstanceUID === file.SOPInstanceUID).length;
      if (at >= 0 && sameUid === 1) {
        left.splice(at, 1);
        outcomes.push({ file });
      } else {
        outcomes.push(...(await this.store([file])));
      }
    }
    return outcomes;
  }

  async #post(files: readonly DicomFile[]): Promise<IncomingMessage> {
    const form = multipart('application/dicom');
    const { address, token } = this.#destination;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sending = this.#request(new URL('dicom-web/studies', address), {
      method: 'POST',
      agent: this.#agent,
      signal: this.#signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': form.contentType,
        accept: 'application/dicom+json',
      },
    });
    let answered = false;
    sending.once('response', (answer) => {
      answered = true;
      resolve(answer);
    });
    const fail = (error: unknown): void => {
      // An answer may come before all is sent; then the rest is nobody's.
      if (answered) return;
      const { code = '', message } = error as NodeJS.ErrnoException;
      reject(passing.has(code) ? new NotNow(`the connection failed (${message})`) : error);
    };
    sending.once('error', fail);
    pipeline(Readable.from(parts(form, files), { objectMode: false }), sending).catch(fail);
    return promise;
  }
}

async function* parts(form: ReturnType<typeof multipart>, files: readonly DicomFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield form.head('application/dicom');
    try {
      yield* createReadStream(file.location, { highWaterMark: readAtOnceBytes }) as AsyncIterable<Buffer>;
    } catch (cause) {
      throw new FileUnreadable(file, cause);
    }
  }
  yield form.tail;
}

const uidOf = (one: z.infer<typeof instance>): string | undefined => one['00081155']?.Value?.[0];

function inWords(status: number): string {
  const hex = printedStatus(status);
  return reasons[status] === undefined ? `Failure Reason ${hex}` : `${hex}: ${reasons[status]}`;
}
