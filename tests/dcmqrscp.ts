/** DCMTK's dcmqrscp, a small archive of its own, for tests in which we are its client. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts } from './accepts.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import { until } from './running-lightbox.ts';

export const hasDcmqrscp = isInstalled('dcmqrscp');

export interface RunningDcmqrscp extends AsyncDisposable {
  readonly port: number;
  /** `DCMQR@127.0.0.1:…` */
  readonly named: string;
}

/** @param destinations whom it may move to, by AE title, on this machine */
export async function startDcmqrscp(destinations: Readonly<Record<string, number>>): Promise<RunningDcmqrscp> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-dcmqrscp-'));
  const port = await freePort();
  await mkdir(join(directory, 'db'));
  const hosts = Object.entries(destinations).map(([title, at], number) => `d${number} = (${title}, 127.0.0.1, ${at})`);
  await writeFile(
    join(directory, 'config'),
    `MaxPDUSize = 131072
MaxAssociations = 16
HostTable BEGIN
${hosts.join('\n')}
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
DCMQR ${join(directory, 'db')} RW (200, 1024mb) ANY
AETable END
`,
  );
  const child = spawn('dcmqrscp', ['-c', join(directory, 'config'), String(port)], {
    stdio: 'ignore',
    env: { ...process.env, TCP_NODELAY: '1' },
  });
  const ended = once(child, 'exit');
  await untilListening(port);
  return {
    port,
    named: `DCMQR@127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Connects until somebody answers: DCMTK does not say when it is ready. */
export async function untilListening(port: number): Promise<void> {
  await until(() => accepts(port));
}
