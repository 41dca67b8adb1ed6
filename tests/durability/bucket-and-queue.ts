/** A bucket and a Redis for kill rounds, and what befalls such servers: cut off, silent, ended and come back with nothing. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { parseS3Url } from '#storage/s3.ts';
import { openStorage } from '#storage/storage.ts';
import { startRedis } from '../redis-server.ts';
import { ownBucket, startS3Server } from '../s3-server.ts';
import { Gate } from '../tcp-gate.ts';

import type { Apart } from './kill-rounds.ts';

/** @param directory where what is looked up in the bucket passes through */
export async function startBucketAndQueue(directory: string): Promise<Apart & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startS3Server());
  let redis = await startRedis();
  opening.defer(() => redis[Symbol.asyncDispose]());
  const own = ownBucket(server);
  const { host, port, tls } = parseS3Url(own);
  // Nobody's certificate is for the gate.
  const gate = tls ? undefined : opening.use(await Gate.before({ host, port }));
  const url = gate ? own.replace(/@[^/]*/, `@127.0.0.1:${gate.port}`) : own;
  const objects = opening.use(await openStorage(own, { spoolDir: join(directory, 'spool') }));
  const cut = async (random: () => number): Promise<void> => {
    await gate?.shut();
    await delay(random() * 3_000);
    await gate?.open();
  };
  const silent = async (random: () => number): Promise<void> => {
    gate?.silence();
    await delay(random() * 3_000);
    await gate?.open();
  };
  const emptied = async (random: () => number): Promise<void> => {
    await redis[Symbol.asyncDispose]();
    await delay(random() * 1_000);
    redis = await startRedis(redis.port);
  };
  const opened = opening.move();
  return {
    settings: { STORAGE_URL: url, REDIS_URL: redis.url },
    objects,
    mishaps: { ...(gate && { 'bucket cut off': cut, 'bucket silent': silent }), 'queue emptied': emptied },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
