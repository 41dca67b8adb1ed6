import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3StartMs, startS3Server, withoutS3 } from '#tests/s3-server.ts';

import { objectKey } from './keys.ts';
import { parseS3Url } from './s3.ts';
import { storageSuite } from './storage.suite.ts';
import { openStorage, type Storage, StorageFailed } from './storage.ts';

describe.skipIf(withoutS3)(`a bucket${withoutS3 && ` (${withoutS3})`}`, () => {
  const opened = new AsyncDisposableStack();
  let spool: string;
  let storage: Storage;
  beforeAll(async () => {
    const server = opened.use(await startS3Server());
    spool = await mkdtemp(join(tmpdir(), 'lightbox-spool-'));
    opened.defer(() => rm(spool, { recursive: true }));
    // A bucket of its own for each run: nothing of another one is in its listings.
    const own = server.url.replace(/\/?(\?|$)/, `-${randomBytes(6).toString('hex')}$1`);
    storage = opened.use(await openStorage(own, { spoolDir: spool }));
    opened.defer(async () => {
      for await (const { key } of storage.list('')) await storage.remove(key);
    });
  }, s3StartMs);
  afterAll(() => opened.disposeAsync());

  storageSuite(() => storage);

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
