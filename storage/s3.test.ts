import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Server, s3StartMs, startS3Server, withoutS3 } from '#tests/s3-server.ts';

import { parseS3Url } from './s3.ts';
import { storageSuite } from './storage.suite.ts';
import { openStorage, type Storage, StorageFailed } from './storage.ts';

describe.skipIf(withoutS3)(`a bucket${withoutS3 && ` (${withoutS3})`}`, () => {
  let server: S3Server;
  let spool: string;
  let storage: Storage;
  beforeAll(async () => {
    server = await startS3Server();
    spool = await mkdtemp(join(tmpdir(), 'lightbox-spool-'));
    // A bucket of its own for each run: nothing of another one is in its listings.
    const own = server.url.replace(/\/?(\?|$)/, `-${randomBytes(6).toString('hex')}$1`);
    storage = await openStorage(own, { spoolDir: spool });
  }, s3StartMs);
  afterAll(async () => {
    for await (const { key } of storage.list('')) await storage.remove(key);
    await storage[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(spool, { recursive: true });
  });

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

describe('a server that is no S3 server', () => {
  test('cannot be opened, and the failure says what was tried without the secret', async () => {
    const server = createServer((_, response) => response.writeHead(403).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const spoolDir = await mkdtemp(join(tmpdir(), 'lightbox-spool-'));
    try {
      const { port } = server.address() as AddressInfo;
      const opening = openStorage(`s3://key:hidden@127.0.0.1:${port}/images?tls=0`, { spoolDir });
      await expect(opening).rejects.toThrow(/bucket images/);
      await expect(opening).rejects.not.toThrow(/hidden/);
    } finally {
      server.close();
      await rm(spoolDir, { recursive: true });
    }
  });
});
