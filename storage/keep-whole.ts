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

/** What names an object by now. */
interface Named {
  /** False where it does not name the new one after all. */
  readonly kept: boolean;
  /** The key in the same storage that it named before. */
  readonly replaced: string | undefined;
}

/**
 * Keeps bytes under a new key, then has them named. What is not named goes again: they, or what was named before.
 * @throws what `name` throws, StorageFull, StorageUnavailable
 */
export async function keepNamed(
  storage: Storage,
  key: string,
  bytes: Uint8Array,
  name: () => Promise<Named>,
): Promise<void> {
  await keepWhole(storage, key, bytes);
  let named: Named;
  try {
    named = await name();
  } catch (error) {
    await storage.remove(key);
    throw error;
  }
  if (!named.kept) await storage.remove(key);
  if (named.replaced !== undefined) await storage.remove(named.replaced);
}
