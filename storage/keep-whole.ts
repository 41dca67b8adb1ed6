import type { Storage } from './storage.ts';

/**
 * Keeps bytes that are in memory under a new key. Resolves when they are durable; when it rejects, nothing is left of them.
 * @throws StorageFull, StorageUnavailable
 */
export async function keepWhole(storage: Storage, key: string, bytes: Uint8Array): Promise<void> {
  const object = await storage.begin(key);
  try {
    await object.write(bytes);
    await object.commit();
  } catch (error) {
    await object.abort();
    throw error;
  }
}
