/**
 * Objects in a bucket of any S3 server: `s3://KEY:SECRET@host:port/bucket?region=…&tls=0`.
 * An object is spooled to a local file and put from there with its length known: the client buffers half a gigabyte for
 * one of unknown length, and hangs for ever when a stream that it reads from fails.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { basename, join } from 'node:path';
import { Client } from 'minio';
import { makeDirectory } from '#settings/make-directory.ts';

import { FileSystemStorage } from './file-system.ts';
import { checkKey, checkPrefix } from './keys.ts';
import { RecentRanges } from './recent-ranges.ts';
import { isOutOfPatience, Pace, type Patience, patientAgent, patientTransport } from './s3-agent.ts';
import { isBucketOurs, s3Error } from './s3-errors.ts';
import {
  NoSuchObject,
  ObjectTooShort,
  type PendingObject,
  type Storage,
  StorageFailed,
  type StorageOptions,
  StorageUnavailable,
} from './storage.ts';

/** The client holds one part in memory. */
const partBytes = 8 * 1024 * 1024;
/** Of one object that is read: a line that breaks more often is none. */
const mostBreaks = 8;
/** What a process that was killed left in the spool was never acknowledged. */
const spoolLeftoversMs = 24 * 60 * 60_000;

export interface S3Address {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly region: string;
  readonly bucket: string;
}

/** Reads an `s3://` URL by hand: secrets hold `/` and `+`, which `URL` would not take. @throws StorageFailed without quoting the secret */
export function parseS3Url(url: string): S3Address {
  const parts = /^s3:\/\/([^:@/]+):([^@]+)@([^@/:]+)(?::(\d{1,5}))?\/([^/?]+)\/?(?:\?(.*))?$/.exec(url);
  const [, accessKey, secretKey, host, port, bucket, query] = parts ?? [];
  if (!accessKey || !secretKey || !host || !bucket)
    throw new StorageFailed('not an s3://KEY:SECRET@host:port/bucket URL');
  const options = new URLSearchParams(query);
  const tls = options.get('tls') !== '0';
  return {
    accessKey: unescape(accessKey),
    secretKey: unescape(secretKey),
    host,
    port: port ? Number(port) : tls ? 443 : 80,
    tls,
    region: options.get('region') ?? 'us-east-1',
    bucket,
  };
}

function unescape(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text;
}

export class S3Storage implements Storage {
  readonly readableBeforeDurable = false;
  readonly remembersRanges = true;
  readonly tellsLengthsAtOnce = false;
  readonly #client: Client;
  readonly #bucket: string;
  readonly #spool: FileSystemStorage;
  readonly #agent: Agent;
  readonly #patience: Patience | undefined;
  readonly #recent = new RecentRanges();

  /** Makes the bucket when it is not there. @throws StorageFailed when the server cannot be reached or refuses us */
  static async open(address: S3Address, options: StorageOptions, patience?: Patience): Promise<S3Storage> {
    const agent = patientAgent(address.tls, patience);
    const client = new Client({
      endPoint: address.host,
      port: address.port,
      useSSL: address.tls,
      accessKey: address.accessKey,
      secretKey: address.secretKey,
      region: address.region,
      partSize: partBytes,
      pathStyle: true,
      transport: patientTransport(address.tls, patience),
      transportAgent: agent,
    });
    try {
      if (!(await client.bucketExists(address.bucket))) {
        await client.makeBucket(address.bucket, address.region).catch((error: unknown) => {
          // Several machines that start at once: another one was quicker.
          if (!isBucketOurs(error)) throw error;
        });
      }
    } catch (error) {
      agent.destroy();
      throw s3Error(error, `bucket ${address.bucket}`);
    }
    try {
      await removeLeftovers(options.spoolDir);
      // What the server has not answered for is acknowledged to nobody: the spool's own disk need not be waited for.
      const spool = await FileSystemStorage.open(options.spoolDir, { ...options, scratch: true });
      return new S3Storage(client, address.bucket, spool, agent, patience);
    } catch (error) {
      agent.destroy();
      throw error;
    }
  }

  private constructor(
    client: Client,
    bucket: string,
    spool: FileSystemStorage,
    agent: Agent,
    patience: Patience | undefined,
  ) {
    this.#client = client;
    this.#bucket = bucket;
    this.#spool = spool;
    this.#agent = agent;
    this.#patience = patience;
  }

  async begin(key: string): Promise<PendingObject> {
    checkKey(key);
    // The random part names the spool file: the spool needs no hours.
    const spoolKey = basename(key);
    const spooled = await this.#spool.begin(spoolKey);
    // Asked while the bytes arrive, so it costs no time; a server that is away is known before they all have.
    let failure: unknown;
    const taken = this.length(key).then(
      (length) => {
        if (length !== undefined) failure = new StorageFailed(`object ${key} exists already`);
      },
      (error: unknown) => (failure = error),
    );
    return {
      async write(chunk) {
        if (failure !== undefined) throw failure;
        await spooled.write(chunk);
      },
      overwrite: (position, bytes) => spooled.overwrite(position, bytes),
      flush: () => spooled.flush(),
      abort: () => spooled.abort(),
      commit: async () => {
        await spooled.commit();
        try {
          await taken;
          if (failure !== undefined) throw failure;
          await this.#client.fPutObject(this.#bucket, key, this.#spool.path(spoolKey), {
            'Content-Type': 'application/octet-stream',
          });
        } catch (error) {
          throw s3Error(error, `object ${key}`);
        } finally {
          await this.#spool.remove(spoolKey);
        }
      },
    };
  }

  async readRange(key: string, offset: number, length: number, into?: Buffer): Promise<Buffer> {
    // A range of no bytes cannot be said in HTTP (RFC 9110 Section 14.1.2); the client would ask for all of it.
    if (length === 0) return Buffer.alloc(0);
    const known = this.#recent.copy(key, offset, length, into);
    if (known) return known;
    const bytes = into ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    let received = 0;
    for await (const part of this.readStream(key, { offset, length })) {
      bytes.set(part, received);
      received += part.byteLength;
    }
    if (received < length) throw new ObjectTooShort(`object ${key} ends at byte ${offset + received}`);
    this.#recent.add(key, offset, bytes);
    return bytes;
  }

  /**
   * A connection that breaks is gone on with where it broke. Twice in the same place is enough: this part is not to be had now. It is
   * not called damaged, for a server that is ill breaks off sound objects too; `at` says where whoever asks again may look first.
   */
  async *readStream(key: string, range?: { offset: number; length: number }): AsyncIterable<Uint8Array> {
    checkKey(key);
    if (range?.length === 0) return;
    const from = range?.offset ?? 0;
    const pace = new Pace(this.#patience);
    let received = 0;
    let brokeAt: number | undefined;
    /** When we began to wait for what comes next: what the reader takes for the last part is not the server's. */
    let since: number | undefined;
    for (let isWhole = false, breaks = 0; !isWhole;) {
      let isAnswered = false;
      try {
        const rest = range ? range.length - received : 0; // 0: all that there is
        const stream = await this.#client.getPartialObject(this.#bucket, key, from + received, rest);
        isAnswered = true;
        since ??= performance.now();
        for await (const part of stream as AsyncIterable<Uint8Array>) {
          pace.moved(part.byteLength, performance.now() - since);
          received += part.byteLength;
          if (range && received > range.length)
            throw new StorageUnavailable(`object ${key}: the S3 server sends more than it was asked for`);
          yield part;
          since = performance.now();
        }
        isWhole = true;
      } catch (error) {
        // The answer may break behind the last byte that we need.
        if (isAnswered && received === range?.length) return;
        const failure = isAnswered ? brokenOff(error, `object ${key}`) : s3Error(error, `object ${key}`);
        if (isAnswered || brokeAt !== undefined) failure.at = { offset: from + received, length: 1 };
        const isSilent = since !== undefined && isOutOfPatience(performance.now() - since, this.#patience);
        const isGivenUp = isSilent || brokeAt === received || ++breaks > mostBreaks;
        // What is too slow, or sends too much, is given up by us.
        if (!isAnswered || isGivenUp || error instanceof StorageFailed) throw failure;
        brokeAt = received;
      }
    }
    if (range && received < range.length) {
      const failure = new ObjectTooShort(`object ${key} ends at byte ${from + received}`);
      failure.at = { offset: from + received, length: 1 };
      throw failure;
    }
  }

  async length(key: string): Promise<number | undefined> {
    checkKey(key);
    try {
      return (await this.#client.statObject(this.#bucket, key)).size;
    } catch (error) {
      const failure = s3Error(error, `object ${key}`);
      if (failure instanceof NoSuchObject) return undefined;
      throw failure;
    }
  }

  async makeDurable(key: string): Promise<void> {
    // Only an object whose PUT was completed can be read at all.
    if ((await this.length(key)) === undefined) throw new NoSuchObject(`no object ${key}`);
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    this.#recent.forgetObject(key);
    await this.#client.removeObject(this.#bucket, key).catch((error: unknown) => {
      throw s3Error(error, `object ${key}`);
    });
  }

  async *list(prefix: string, after = ''): AsyncIterable<{ key: string; length: number }> {
    checkPrefix(prefix);
    try {
      const found = this.#client.listObjectsV2(this.#bucket, prefix, true, after);
      for await (const { name, size } of found as AsyncIterable<{ name?: string; size: number }>) {
        // Some servers know nothing of where a listing is to begin.
        if (name !== undefined && name > after) yield { key: name, length: size };
      }
    } catch (error) {
      throw s3Error(error, `objects under ${prefix}`);
    }
  }

  /** A HEAD of an object is answered alike where the object is missing and where the bucket is. */
  async confirmPlace(): Promise<void> {
    const what = `bucket ${this.#bucket}`;
    const isThere = await this.#client.bucketExists(this.#bucket).catch((error: unknown) => {
      throw new StorageUnavailable(s3Error(error, what).message, { cause: error });
    });
    if (!isThere) throw new StorageUnavailable(`${what} is not there any more`);
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#spool[Symbol.asyncDispose]();
  }
}

/** An answer that has begun and broke off, however that is told: of the connection, not of the object. */
function brokenOff(error: unknown, what: string): StorageFailed {
  if (error instanceof StorageFailed) return error;
  const { message, code = message } = error as NodeJS.ErrnoException;
  return new StorageUnavailable(`${what} breaks off: ${code}`, { cause: error });
}

async function removeLeftovers(directory: string): Promise<void> {
  await makeDirectory(directory);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > spoolLeftoversMs) await rm(path, { force: true });
  }
}
