/**
 * What every storage backend promises: one suite, run on each of them by its own test file.
 */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';

import { hourPrefix, objectKey } from './keys.ts';
import { NoSuchObject, ObjectTooShort, type Storage, StorageFailed } from './storage.ts';

/** @param storage gives the backend, open and empty; asked within each test */
export function storageSuite(storage: () => Storage): void {
  async function put(key: string, ...chunks: Uint8Array[]): Promise<void> {
    const pending = await storage().begin(key);
    for (const chunk of chunks) await pending.write(chunk);
    await pending.commit();
  }
  const newKey = (): string => objectKey('i', new Date());
  const collect = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> => Buffer.concat(await all(stream));

  test('what is committed reads back, however it was chopped', async () => {
    const bytes = randomBytes(700_001);
    for (const size of [1_000, 16_384, 131_072, 700_001]) {
      const key = newKey();
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      await put(key, ...chunks);
      expect(await storage().length(key)).toBe(bytes.length);
      expect((await collect(storage().readStream(key))).equals(bytes)).toBe(true);
    }
  });

  test('an object of many megabytes passes while its caller holds one chunk', async () => {
    const key = newKey();
    const chunk = randomBytes(1024 * 1024);
    const pending = await storage().begin(key);
    for (let i = 0; i < 20; i++) await pending.write(chunk);
    await pending.commit();
    expect(await storage().length(key)).toBe(20 * chunk.length);
    expect((await storage().readRange(key, 19 * chunk.length, chunk.length)).equals(chunk)).toBe(true);
  });

  test('an object of no bytes is an object', async () => {
    const key = newKey();
    await put(key);
    expect(await storage().length(key)).toBe(0);
    expect(await collect(storage().readStream(key))).toHaveLength(0);
  });

  test('a range reads exactly its bytes', async () => {
    const key = newKey();
    const bytes = randomBytes(600_000);
    await put(key, bytes);
    for (const [offset, length] of [
      [0, 1],
      [599_999, 1],
      [5, 524_288],
      [100_000, 0],
    ] as const) {
      const expected = bytes.subarray(offset, offset + length);
      expect((await storage().readRange(key, offset, length)).equals(expected)).toBe(true);
      expect((await collect(storage().readStream(key, { offset, length }))).equals(expected)).toBe(true);
      const memory = Buffer.alloc(600_001, 7);
      const read = await storage().readRange(key, offset, length, memory);
      expect(read.equals(expected)).toBe(true);
      expect(memory.subarray(0, length).equals(expected)).toBe(true);
      expect(memory.subarray(length).every((byte) => byte === 7)).toBe(true);
    }
  });

  test('a head written last stands before the bytes that came first', async () => {
    for (const length of [1_000, 900_000]) {
      const key = newKey();
      const bytes = randomBytes(length);
      const pending = await storage().begin(key);
      for (let at = 0; at < length; at += 100_000) await pending.write(bytes.subarray(at, at + 100_000));
      const head = Buffer.from('the head, known at the end');
      await pending.overwrite(10, head);
      await pending.commit();
      const expected = Buffer.concat([bytes.subarray(0, 10), head, bytes.subarray(10 + head.length)]);
      expect((await storage().readRange(key, 0, length)).equals(expected)).toBe(true);
    }
  });

  test('an overwrite does not change the chunk that was handed over, and never lengthens the object', async () => {
    const pending = await storage().begin(newKey());
    const chunk = Buffer.alloc(100);
    await pending.write(chunk);
    await pending.overwrite(0, Buffer.from('head'));
    expect(chunk.equals(Buffer.alloc(100))).toBe(true);
    await expect(pending.overwrite(98, Buffer.from('tail'))).rejects.toThrow(StorageFailed);
    await pending.abort();
  });

  test('flushed bytes can be read before they are durable where the backend says so', async () => {
    if (!storage().readableBeforeDurable) return;
    const key = newKey();
    const pending = await storage().begin(key);
    await pending.write(Buffer.from('on its way'));
    await pending.flush();
    expect((await storage().readRange(key, 0, 10)).toString()).toBe('on its way');
    await pending.commit();
  });

  test('an object is made durable by somebody else than its writer, and a missing one is named as missing', async () => {
    const key = newKey();
    await expect(storage().makeDurable(key)).rejects.toThrow(NoSuchObject);
    const pending = await storage().begin(key);
    await pending.write(Buffer.from('left behind'));
    await pending.flush();
    // Where bytes can be read before they are durable, their writer has not come to its commit yet.
    const early = storage().readableBeforeDurable;
    if (!early) await pending.commit();
    await storage().makeDurable(key);
    expect((await storage().readRange(key, 0, 11)).toString()).toBe('left behind');
    if (early) await pending.commit();
  });

  test('an aborted object leaves nothing, whether little or much of it was written', async () => {
    for (const chunks of [0, 1, 12]) {
      const key = newKey();
      const pending = await storage().begin(key);
      for (let i = 0; i < chunks; i++) await pending.write(randomBytes(200_000));
      await pending.abort();
      expect(await storage().length(key)).toBeUndefined();
      await expect(pending.write(Buffer.from('late'))).rejects.toThrow(StorageFailed);
      await expect(pending.commit()).rejects.toThrow(StorageFailed);
    }
  });

  test('an abort beside a commit waits for it, and a committed object stands', async () => {
    const key = newKey();
    const pending = await storage().begin(key);
    await pending.write(Buffer.from('kept'));
    const committed = pending.commit();
    await pending.abort();
    await committed;
    expect(await storage().length(key)).toBe(4);
  });

  test('a key that was used is refused, and its object stays as it was', async () => {
    const key = newKey();
    await put(key, Buffer.from('first'));
    await expect(put(key, Buffer.from('second'))).rejects.toThrow(StorageFailed);
    expect((await storage().readRange(key, 0, 5)).toString()).toBe('first');
  });

  test('a missing object is named as missing', async () => {
    const key = newKey();
    expect(await storage().length(key)).toBeUndefined();
    await expect(storage().readRange(key, 0, 10)).rejects.toThrow(NoSuchObject);
    await expect(collect(storage().readStream(key))).rejects.toThrow(NoSuchObject);
    await storage().remove(key);
  });

  test('an object that ends inside the range is named as too short', async () => {
    const key = newKey();
    await put(key, randomBytes(1_000));
    await expect(storage().readRange(key, 500, 501)).rejects.toThrow(ObjectTooShort);
    await expect(storage().readRange(key, 1_000, 1)).rejects.toThrow(ObjectTooShort);
    await expect(collect(storage().readStream(key, { offset: 900, length: 200 }))).rejects.toThrow(ObjectTooShort);
  });

  test('a removed object is gone, and its neighbours are not', async () => {
    const [gone, kept] = [newKey(), newKey()];
    await put(gone, Buffer.from('gone'));
    await put(kept, Buffer.from('kept'));
    await storage().remove(gone);
    expect(await storage().length(gone)).toBeUndefined();
    expect(await storage().length(kept)).toBe(4);
  });

  test('a listing has every object under its prefix once, in order, with its length', async () => {
    // Two hours of a past year, so that the objects of other tests are not among them.
    const times = ['2001-02-03T04:05:06Z', '2001-02-03T05:00:00Z', '2001-12-31T23:59:59Z'].map(
      (time) => new Date(time),
    );
    const expected: { key: string; length: number }[] = [];
    for (const time of times) {
      for (let i = 0; i < 3; i++) {
        const key = objectKey('i', time);
        await put(key, Buffer.alloc(i + 1));
        expected.push({ key, length: i + 1 });
      }
    }
    expected.sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(await all(storage().list('i/2001/'))).toEqual(expected);
    const hour = hourPrefix('i', times[1] as Date);
    expect(await all(storage().list(hour))).toEqual(expected.filter(({ key }) => key.startsWith(hour)));
    expect(await all(storage().list('i/1999/'))).toEqual([]);
    for (const [at, { key }] of expected.entries())
      expect(await all(storage().list('i/2001/', key))).toEqual(expected.slice(at + 1));
    expect(await all(storage().list('i/2001/', 'i/2000/12/31'))).toEqual(expected);
    expect(await all(storage().list('i/2001/', 'i/2002/01/01'))).toEqual([]);
  });

  test('it is in its place for as long as nobody takes it away', async () => {
    await expect(storage().confirmPlace()).resolves.toBeUndefined();
  });

  test.each([
    '../outside',
    'i/../../outside',
    '/etc/passwd',
    'i//x',
    'i/.hidden',
    'i/ảnh',
    'i/a b',
    '',
    'i/',
    'x'.repeat(256),
    'i/a\0b',
    'i\\a',
  ])('what is not a key is refused: %j', async (key) => {
    await expect(storage().begin(key)).rejects.toThrow(StorageFailed);
    await expect(storage().readRange(key, 0, 1)).rejects.toThrow(StorageFailed);
    await expect(storage().length(key)).rejects.toThrow(StorageFailed);
    await expect(storage().makeDurable(key)).rejects.toThrow(StorageFailed);
    await expect(storage().remove(key)).rejects.toThrow(StorageFailed);
  });

  test('many objects at once are all kept whole', async () => {
    const objects = Array.from({ length: 40 }, () => ({ key: newKey(), bytes: randomBytes(150_000) }));
    await Promise.all(objects.map(({ key, bytes }) => put(key, bytes.subarray(0, 70_000), bytes.subarray(70_000))));
    for (const { key, bytes } of objects) {
      expect((await storage().readRange(key, 0, bytes.length)).equals(bytes)).toBe(true);
    }
  });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
