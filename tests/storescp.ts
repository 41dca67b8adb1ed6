/** DCMTK's storescp, for tests in which we send. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilListening } from './dcmqrscp.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';

export const hasStorescp = isInstalled('storescp');

export interface RunningStorescp extends AsyncDisposable {
  readonly port: number;
  /** Names of what it has received. */
  files(): Promise<string[]>;
  /** Where that lies. */
  readonly folder: string;
}

/** Resolves when it listens. */
export async function startStorescp(options: readonly string[]): Promise<RunningStorescp> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'lightbox-storescp-'));
  const child = spawn('storescp', [...options, '-od', folder, String(port)], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await untilListening(port);
  return {
    port,
    folder,
    files: () => readdir(folder),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
