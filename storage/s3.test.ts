import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breakDisk } from '#tests/durability/broken-disk.ts';
import { hasStrace } from '#tests/durability/strace.ts';
import { ownBucket, s3StartMs, startS3Server, withoutS3 } from '#tests/s3-server.ts';
import { Gate } from '#tests/tcp-gate.ts';

import { objectKey } from './keys.ts';
import { parseS3Url, S3Storage } from './s3.ts';
import { storageSuite } from './storage.suite.ts';
import { isUnreadable, NoSuchObject, openStorage, type Storage, StorageFailed, StorageUnavailable } from './storage.ts';

describe.skipIf(withoutS3)(`a bucket${withoutS3 && ` (${withoutS3})`}`, () => {
  const opened = new AsyncDisposableStack();
  let spool: string;
  let storage: Storage;
  let url: string;
  beforeAll(async () => {
    const server = opened.use(await startS3Server());
    spool = await mkdtemp(join(tmpdir(), 'lightbox-spool-'));
    opened.defer(() => rm(spool, { recursive: true }));
    // A bucket of its own for each run: nothing of another one is in its listings.
    url = ownBucket(server);
    // Several machines that start at once, and none of them has the bucket yet.
    const [first, ...others] = await Promise.all(
      Array.from({ length: 4 }, () => openStorage(url, { spoolDir: spool })),
    );
    for (const other of others) opened.use(other);
    storage = opened.use(first as Storage);
    opened.defer(async () => {
      for await (const { key } of storage.list('')) await storage.remove(key);
    });
  }, s3StartMs);
  afterAll(() => opened.disposeAsync());

  storageSuite(() => storage);

  describe('that is away', () => {
    const bytes = randomBytes(60_000);
    const patience = { connectMs: 2_000, silenceMs: 3_000, leastBytesPerSecond: 64 * 1024 };
    let gate: Gate;
    let away: Storage;
    beforeAll(async () => {
      const address = parseS3Url(url);
      gate = opened.use(await Gate.before(address));
      away = opened.use(
        await S3Storage.open({ ...address, host: '127.0.0.1', port: gate.port }, { spoolDir: spool }, patience),
      );
    });

    async function put(length: number): Promise<string> {
      const key = objectKey('i', new Date());
      const pending = await away.begin(key);
      try {
        for (let at = 0; at < length; at += bytes.length) await pending.write(bytes);
        await pending.commit();
      } finally {
        await pending.abort();
      }
      return key;
    }

    test.each([
      { how: 'refuses connections', begin: () => gate.shut() },
      { how: 'takes connections and says nothing', begin: async () => gate.silence() },
    ])('and $how: everything fails, says that it will pass, and works when it has', async ({ begin }) => {
      const key = await put(bytes.length);
      await begin();
      const asked = [
        put(bytes.length),
        put(9_000_000),
        away.readRange(key, 0, 10),
        whole(away.readStream(key)),
        away.length(key),
        away.makeDurable(key),
        away.remove(objectKey('i', new Date())),
        whole(away.list('i/')),
      ];
      await Promise.all(asked.map((each) => expect(each).rejects.toThrow(StorageUnavailable)));
      expect(await readdir(spool)).toEqual([]);

      await gate.open();
      expect(await away.readRange(key, 0, bytes.length)).toEqual(bytes);
      expect(await away.length(await put(9_000_000))).toBe(9_000_000);
    });

    test('and falls silent in the middle of an object: its reader and its writer are told', async () => {
      const key = await put(9_000_000);
      const reading = away.readStream(key)[Symbol.asyncIterator]();
      await reading.next();
      const pending = await away.begin(objectKey('i', new Date()));
      await pending.write(Buffer.alloc(9_000_000));
      gate.silence();
      const toTheEnd = () => whole({ [Symbol.asyncIterator]: () => reading });
      await Promise.all([
        expect(toTheEnd()).rejects.toThrow(StorageUnavailable),
        expect(pending.commit()).rejects.toThrow(StorageUnavailable),
      ]);
      await gate.open();
    });

    test('and sends and takes a byte now and then: everything fails soon, and works when it is itself again', async () => {
      const key = await put(9_000_000);
      const reading = away.readStream(key)[Symbol.asyncIterator]();
      await reading.next();
      gate.trickle();
      const asked = [
        put(bytes.length),
        whole({ [Symbol.asyncIterator]: () => reading }),
        away.readRange(key, 5, 1_000_000),
        away.length(key),
        away.remove(objectKey('i', new Date())),
        whole(away.list('i/')),
      ];
      await Promise.all(asked.map((each) => expect(each).rejects.toThrow(StorageUnavailable)));
      expect(await readdir(spool)).toEqual([]);
      await gate.open();
      expect(await away.length(await put(bytes.length))).toBe(bytes.length);
    });

    test('and has been read from: what was read a moment ago is there, each reader with a copy of his own', async () => {
      const key = await put(bytes.length);
      const first = await away.readRange(key, 100, 1_000);
      await gate.shut();
      const again = await away.readRange(key, 100, 1_000);
      expect(again).toEqual(bytes.subarray(100, 1_100));
      first.fill(0);
      again.fill(0);
      const memory = Buffer.alloc(2_000, 1);
      expect(await away.readRange(key, 100, 1_000, memory)).toEqual(bytes.subarray(100, 1_100));
      expect(memory.subarray(1_000)).toEqual(Buffer.alloc(1_000, 1));
      await expect(away.readRange(key, 100, 1_001)).rejects.toThrow(StorageUnavailable);
      await gate.open();
      await away.remove(key);
      await expect(away.readRange(key, 100, 1_000)).rejects.toThrow(NoSuchObject);
    });

    test('refuses a writer before all of its bytes have come', async () => {
      await gate.shut();
      const pending = await away.begin(objectKey('i', new Date()));
      const endless = async () => {
        for (;;) await pending.write(bytes);
      };
      await expect(endless()).rejects.toThrow(StorageUnavailable);
      await pending.abort();
      await gate.open();
      expect(await readdir(spool)).toEqual([]);
    });
  });

  test.skipIf(!hasStrace)('an object is put without a sync of the spool, whose disk may be slow', async () => {
    await using _broken = await breakDisk(process.pid, 'fsync:error=EIO', 'fdatasync:error=EIO');
    const key = objectKey('i', new Date());
    const pending = await storage.begin(key);
    await pending.write(Buffer.from('bytes'));
    await pending.commit();
    expect(String(await storage.readRange(key, 0, 5))).toBe('bytes');
  });

  test('the spool is empty when everything has been put or aborted', async () => {
    expect(await readdir(spool)).toEqual([]);
  });
});

test('a URL is read with its secret as S3 servers make them', () => {
  expect(parseS3Url('s3://AKIA:a/b+c=d%40@s3.example.vn:9000/images?region=vn-1&tls=0')).toEqual({
    accessKey: 'AKIA',
    secretKey: 'a/b+c=d@',
    host: 's3.example.vn',
    port: 9000,
    tls: false,
    region: 'vn-1',
    bucket: 'images',
  });
  expect(parseS3Url('s3://k:s@host/bucket')).toMatchObject({ port: 443, tls: true, region: 'us-east-1' });
  expect(() => parseS3Url('s3://key:hidden@host')).toThrow(StorageFailed);
  expect(() => parseS3Url('s3://key:hidden@host')).not.toThrow('hidden');
});

describe('a server that is no good S3 server', () => {
  test.each([500, 503])('and answers %i to everything is one that may be better later', async (status) => {
    let healthy = true;
    await withServer(
      (request, response) => void response.writeHead(healthy && request.url === '/images' ? 200 : status).end(),
      async (url, spoolDir) => {
        await using storage = await openStorage(url, { spoolDir });
        healthy = false;
        await expect(storage.length('i/x')).rejects.toThrow(StorageUnavailable);
        await expect(storage.readRange('i/x', 0, 1)).rejects.toThrow(StorageUnavailable);
      },
    );
  });

  test('cannot be opened, and the failure says what was tried without the secret', async () => {
    await withServer(
      (_, response) => response.writeHead(403).end(),
      async (url, spoolDir) => {
        const opening = openStorage(url, { spoolDir });
        await expect(opening).rejects.toThrow(/bucket images/);
        await expect(opening).rejects.not.toThrow(/hidden/);
      },
    );
  });

  test('and begins each listing at the first object is no trouble to who has seen some of them', async () => {
    const keys = ['i/2001/1', 'i/2001/2', 'i/2001/3'];
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>7</Size></Contents>`).join('');
    const listing = `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`;
    await withServer(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/xml' }).end(listing),
      async (url, spoolDir) => {
        await using storage = await openStorage(url, { spoolDir });
        const left: string[] = [];
        for await (const { key } of storage.list('i/', 'i/2001/2')) left.push(key);
        expect(left).toEqual(['i/2001/3']);
      },
    );
  });

  /** Reads an object while no file can be opened, and says what that came to. */
  const withoutFiles = `
    import { closeSync, openSync } from 'node:fs';
    import { openStorage } from './storage/storage.ts';
    const [url, spoolDir] = process.argv.slice(1);
    const storage = await openStorage(url, { spoolDir });
    const name = (error) => error.name;
    const taken = [];
    try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    const told = [await storage.readRange('i/x', 0, 4).catch(name), await storage.length('i/x').catch(name)];
    for (const file of taken) closeSync(file);
    console.log(JSON.stringify([...told, String(await storage.readRange('i/x', 0, 4))]));
    await storage[Symbol.asyncDispose]();
  `;

  test.skipIf(process.platform === 'win32')(
    'and cannot be called while too many files are open, of which a socket is one, may be better later',
    async () => {
      // Each request needs a socket of its own.
      const answer: RequestListener = (_, response) => response.writeHead(200, { connection: 'close' }).end('kept');
      await withServer(answer, async (url, spoolDir) => {
        const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, '--input-type=module'];
        const { stdout } = await promisify(execFile)('sh', [...limited, '--eval', withoutFiles, url, spoolDir], {
          cwd: fileURLToPath(new URL('..', import.meta.url)),
        });
        expect(JSON.parse(stdout)).toEqual(['StorageUnavailable', 'StorageUnavailable', 'kept']);
      });
    },
  );

  /** A server whose connections break when `until` of the object's bytes have been sent. */
  const breakingAt = (object: Buffer, until: (asked: number) => number): RequestListener => {
    let asked = 0;
    return (request, response) => {
      if (request.method !== 'GET' || !request.url?.startsWith('/images/')) return void response.writeHead(200).end();
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? 'bytes=0-') ?? [];
      const part = object.subarray(Number(first), last ? Number(last) + 1 : undefined);
      const sent = part.subarray(0, Math.max(0, until(asked++) - Number(first)));
      response.writeHead(request.headers.range ? 206 : 200, { 'content-length': part.length });
      response.flushHeaders();
      if (sent.length === part.length) response.end(sent);
      else response.write(sent, () => setImmediate(() => request.socket.destroy()));
    };
  };

  test.each([undefined, { offset: 1_000, length: 90_000 }])(
    'and breaks in the middle of an object is asked for the rest of it, of %o',
    async (range) => {
      const object = randomBytes(100_000);
      const answer = breakingAt(object, (asked) => [40_000, 70_000, Infinity][asked] ?? 0);
      await withServer(answer, async (url, spoolDir) => {
        await using storage = await openStorage(url, { spoolDir });
        const read = Buffer.concat(await whole(storage.readStream('i/x', range)));
        expect(read.equals(range ? object.subarray(1_000, 91_000) : object)).toBe(true);
      });
    },
  );

  test('and breaks an object off at one byte again and again may be better later, and it is said where that was', async () => {
    const answer = breakingAt(randomBytes(100_000), () => 40_000);
    await withServer(answer, async (url, spoolDir) => {
      await using storage = await openStorage(url, { spoolDir });
      const range = { offset: 1_000, length: 90_000 };
      const failure = await whole(storage.readStream('i/x', range)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StorageUnavailable);
      expect([isUnreadable(failure), (failure as StorageFailed).at]).toEqual([false, { offset: 40_000, length: 1 }]);
      expect(await storage.readRange('i/x', 0, 30_000)).toHaveLength(30_000);
      await expect(storage.readRange('i/x', 40_000, 1)).rejects.toThrow(StorageUnavailable);
    });
  });

  const opened = (url: string, spoolDir: string, silenceMs: number): Promise<S3Storage> =>
    S3Storage.open(parseS3Url(url), { spoolDir }, { connectMs: 2_000, silenceMs, leastBytesPerSecond: 64 * 1024 });

  test('and falls silent in the middle of an object each time it is asked is one that may be better later, and is asked once', async () => {
    let asked = 0;
    const answer: RequestListener = (request, response) => {
      const isObject = request.method === 'GET' && request.url?.startsWith('/images/');
      if (!isObject) return void response.writeHead(200).end();
      response.writeHead(206, { 'content-length': 90_000 });
      response.flushHeaders();
      if (asked++ === 0) response.write(Buffer.alloc(40_000));
    };
    await withServer(answer, async (url, spoolDir) => {
      await using storage = await opened(url, spoolDir, 2_000);
      const range = { offset: 1_000, length: 90_000 };
      const failure = await whole(storage.readStream('i/x', range)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StorageUnavailable);
      expect([asked, (failure as StorageFailed).at]).toEqual([1, { offset: 41_000, length: 1 }]);
    });
  });

  test('and breaks again and again, with little before each time, is as slow as one that sends as little at once', async () => {
    const object = randomBytes(100_000);
    const answer = breakingAt(object, (asked) => 100 * (asked + 1));
    await withServer(
      (request, response) => void setTimeout(() => answer(request, response), 300),
      async (url, spoolDir) => {
        await using storage = await opened(url, spoolDir, 1_000);
        await expect(whole(storage.readStream('i/x'))).rejects.toThrow('too slow');
      },
    );
  });

  test('and breaks when all that was asked for has come is asked for no more', async () => {
    let asked = 0;
    const answer: RequestListener = (request, response) => {
      if (request.method !== 'GET' || !request.url?.startsWith('/images/')) return void response.writeHead(200).end();
      const isFirst = asked++ === 0;
      response.writeHead(206, { 'content-length': isFirst ? 30_001 : 99_000 });
      if (isFirst) response.write(Buffer.alloc(30_000), () => setImmediate(() => request.socket.destroy()));
      else response.end(Buffer.alloc(99_000));
    };
    await withServer(answer, async (url, spoolDir) => {
      await using storage = await openStorage(url, { spoolDir });
      const read = Buffer.concat(await whole(storage.readStream('i/x', { offset: 1_000, length: 30_000 })));
      expect([read.length, asked]).toEqual([30_000, 1]);
    });
  });

  test('and sends more than it was asked for fails the read before any of that is given on', async () => {
    const answer: RequestListener = (_, response) => response.writeHead(200).end(Buffer.alloc(100_000));
    await withServer(answer, async (url, spoolDir) => {
      await using storage = await openStorage(url, { spoolDir });
      let received = 0;
      const read = async () => {
        for await (const part of storage.readStream('i/x', { offset: 0, length: 30_000 })) received += part.byteLength;
      };
      await expect(read()).rejects.toThrow('more than it was asked for');
      expect(received).toBeLessThanOrEqual(30_000);
      await expect(storage.readRange('i/x', 0, 30_000)).rejects.toThrow(StorageUnavailable);
    });
  });

  test.each([
    { bytes: 1_000, of: 'one part' },
    { bytes: 9_000_000, of: 'several parts' },
  ])(
    'that cuts every connection on which an object of $of arrives fails the commit, and the spool is emptied',
    async ({ bytes }) => {
      await withServer(
        (request, response) => {
          if (request.method === 'HEAD') response.writeHead(request.url === '/images' ? 200 : 404).end();
          else request.socket.destroy();
        },
        async (url, spoolDir) => {
          await using storage = await openStorage(url, { spoolDir });
          const pending = await storage.begin(objectKey('i', new Date()));
          await pending.write(Buffer.alloc(bytes));
          await expect(pending.commit()).rejects.toThrow(StorageFailed);
          expect(await readdir(spoolDir)).toEqual([]);
        },
      );
    },
  );
});

async function whole<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function withServer(
  answer: RequestListener,
  use: (url: string, spoolDir: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const spoolDir = await mkdtemp(join(tmpdir(), 'lightbox-spool-'));
  try {
    const { port } = server.address() as AddressInfo;
    await use(`s3://key:hidden@127.0.0.1:${port}/images?tls=0`, spoolDir);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(spoolDir, { recursive: true });
  }
}
