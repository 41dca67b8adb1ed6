/**
 * `DATA_DIR/run.json`: what a running launcher leaves for commands that want to join it. Readable by its owner only,
 * because the database's password is in it. One that is still there at a start tells that the last run was killed.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BadSetting } from '#settings/settings.ts';
import { z } from 'zod';

/** `http`: where the archive answers, as soon as it does; absent where only the worker runs. */
const runFile = z.object({ pid: z.number(), databaseUrl: z.string(), http: z.string().optional() });
type RunFile = z.infer<typeof runFile>;

export async function writeRunFile(dataDir: string, content: RunFile): Promise<void> {
  const unfinished = `${pathIn(dataDir)}.new`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
  await rename(unfinished, pathIn(dataDir));
}

/** `undefined` when there is none, or one that cannot be understood. @throws BadSetting where it is another user's */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  const text = await readFile(pathIn(dataDir), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EACCES') return undefined;
    throw new BadSetting('DATA_DIR', dataDir, `one of the user who gives the command (${cause.message})`, { cause });
  });
  if (text === undefined) return undefined;
  try {
    return runFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(pathIn(dataDir), { force: true });
}

function pathIn(dataDir: string): string {
  return join(dataDir, 'run.json');
}
