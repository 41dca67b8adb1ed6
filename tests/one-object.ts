/** An object in a store whose index was filled without any: an archive starts on no empty store where the index names objects. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @param dataDir  in which the store lies by default */
export async function putOneObject(dataDir: string): Promise<void> {
  const hour = join(dataDir, 'objects', 'i', '2026', '01', '01', '00');
  await mkdir(hour, { recursive: true });
  await writeFile(join(hour, '0'.repeat(32)), '');
}
