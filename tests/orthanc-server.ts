/** Orthanc (the Debian package) as another PACS, with storage and ports of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './running-lightbox.ts';

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
const program = folders.map((folder) => join(folder, 'Orthanc')).find((path) => existsSync(path));

export const hasOrthanc = program !== undefined;
if (!hasOrthanc && process.env['REQUIRE_ALL'] === '1') throw new Error('Orthanc is not installed');

export interface OrthancServer extends AsyncDisposable {
  readonly aeTitle: string;
  readonly dicomPort: number;
  /** Its REST API: a POST with a body, else a GET. @throws Error with what it answered when that is no success */
  call<T>(path: string, body?: object | Uint8Array): Promise<T>;
  /** Where our archive listens; its name in the API is `lightbox`. */
  knows(port: number): Promise<void>;
}

export async function startOrthanc(): Promise<OrthancServer> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-orthanc-'));
  const [dicomPort, httpPort] = [await freePort(), await freePort()];
  const aeTitle = 'ORTHANC';
  const configuration = join(directory, 'orthanc.json');
  await writeFile(
    configuration,
    JSON.stringify({
      Name: 'beside',
      StorageDirectory: join(directory, 'storage'),
      IndexDirectory: join(directory, 'storage'),
      DicomAet: aeTitle,
      DicomPort: dicomPort,
      HttpPort: httpPort,
      AuthenticationEnabled: false,
      RemoteAccessAllowed: false,
      DicomAlwaysAllowEcho: true,
      DicomAlwaysAllowStore: true,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomAlwaysAllowGet: true,
      DicomModalitiesInDatabase: true,
      DefaultEncoding: 'Utf8',
      SynchronousCMove: true,
    }),
  );
  const child = spawn(program!, [configuration], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const address = `http://127.0.0.1:${httpPort}`;
  const server: OrthancServer = {
    aeTitle,
    dicomPort,
    async call<T>(path: string, body?: object | Uint8Array): Promise<T> {
      const sent = body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body);
      const answer = await fetch(address + path, body === undefined ? {} : { method: 'POST', body: sent });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`Orthanc answered ${answer.status} to ${path}: ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async knows(port) {
      const modality = { AET: 'LIGHTBOX', Host: '127.0.0.1', Port: port };
      const answer = await fetch(`${address}/modalities/lightbox`, { method: 'PUT', body: JSON.stringify(modality) });
      if (!answer.ok) throw new Error(`Orthanc answered ${answer.status}`);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
  await until(
    () =>
      server.call('/system').then(
        () => true,
        () => false,
      ),
    60_000,
  );
  return server;
}
