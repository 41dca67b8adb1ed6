/** Sends over a kill -9: what was asked to be sent arrives whole, by itself, and once (docs/decisions/0020). */
import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { giveCluster } from '../cluster-template.ts';
import { inPieces } from '../corpus.ts';
import { smallInstance } from '../dataset-bytes.ts';
import { freePort } from '../free-port.ts';
import { isInstalled } from '../installed.ts';
import { killAll, type RunningLightbox, startLightbox } from '../running-lightbox.ts';
import { Gate } from '../tcp-gate.ts';
import { adminPassword, authorization, cStore, connectModality } from './store-client.ts';

const withoutPeer = !isInstalled('storescp');
const study = '7.9';
const count = 200;
/** At this C-STORE the network falls silent; most of what was acknowledged by then is written down. */
const silentAt = 120;
const writtenDown = 80;

/** Of no two instances the same. */
const pixelsOf = (instance: string): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, instance), Buffer.alloc(16)).update(Buffer.alloc(40_000));

interface SendJson {
  readonly state: string;
  readonly sent: number;
  readonly total: number | null;
  readonly attempts: number;
  readonly cause: string | null;
}

describe.skipIf(withoutPeer)('a send', () => {
  let directory: string;
  let received: string;
  let peer: ReturnType<typeof spawn>;
  /** C-STORE requests that DCMTK has read. */
  let requests = 0;
  let gate: Gate;
  let lightbox: RunningLightbox;
  const start = () =>
    startLightbox({
      dataDir: join(directory, 'data'),
      settings: { DEVICES: `STORESCP@127.0.0.1:${gate.port}`, ADMIN_PASSWORD: adminPassword, ROLES: 'archive' },
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-sends-'));
    received = join(directory, 'received');
    await mkdir(received);
    const port = await freePort();
    peer = spawn('storescp', ['-v', '-aet', 'STORESCP', '-od', received, String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [peer.stdout!, peer.stderr!])
      createInterface({ input: output }).on('line', (line) => {
        // All goes through this process, so no more than a few pass before this is read.
        if (line.includes('Received Store Request') && ++requests === silentAt) gate.silence();
      });
    gate = await Gate.before({ host: '127.0.0.1', port });
    await giveCluster(join(directory, 'data'));
    lightbox = await start();
  });
  afterAll(async () => {
    await lightbox[Symbol.asyncDispose]();
    await gate[Symbol.asyncDispose]();
    const ended = once(peer, 'exit');
    peer.kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  });

  async function api<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${lightbox.address}api${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  }

  const sendOf = async (which: string): Promise<SendJson> =>
    (await api<{ sends: SendJson[] }>('GET', `/sends?StudyInstanceUID=${which}`)).sends[0] as SendJson;

  async function storeAndSend(which: string, instances: readonly string[]): Promise<void> {
    const modality = await connectModality(lightbox.dicom);
    for (const instance of instances) {
      const dataset = smallInstance({ study: which, series: `${which}.1`, instance, pixels: pixelsOf(instance) });
      expect(await cStore(modality, { instance, dataset })).toBe(0);
    }
    await modality.release();
    const { devices } = await api<{ devices: { id: number; aeTitle: string }[] }>('GET', '/devices');
    const device = devices.find(({ aeTitle }) => aeTitle === 'STORESCP')!.id;
    await api('POST', '/sends', { StudyInstanceUID: which, device });
  }

  /** SOP Instance UID → data set, of what DCMTK has kept. */
  async function receivedInstances(): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const name of await readdir(received)) {
      const { MediaStorageSOPInstanceUID, dataset } = await openPart10(
        inPieces(await readFile(join(received, name)), 65_536),
      );
      const pieces: Uint8Array[] = [];
      for await (const piece of dataset) pieces.push(Buffer.from(piece));
      found.set(MediaStorageSOPInstanceUID!, Buffer.concat(pieces));
    }
    return found;
  }

  test('goes on by itself after everything was killed in its middle: all arrives, and little of it twice', async () => {
    const instances = Array.from({ length: count }, (_, at) => `${study}.1.${at + 1}`);
    await storeAndSend(study, instances);
    await expect.poll(() => requests).toBeGreaterThanOrEqual(silentAt);
    await expect.poll(async () => (await sendOf(study)).sent).toBeGreaterThanOrEqual(writtenDown);
    await killAll(join(directory, 'data'));
    await lightbox.ended;
    await gate.open();
    const arrivedBefore = (await readdir(received)).length;
    expect(arrivedBefore).toBeLessThan(count);

    lightbox = await start();
    await expect
      .poll(() => sendOf(study))
      .toMatchObject({
        state: 'done',
        sent: count,
        total: count,
        attempts: 0,
        cause: null,
      });
    const files = await receivedInstances();
    expect([...files.keys()].sort()).toEqual(instances.toSorted());
    for (const [instance, dataset] of files) {
      const pixels = pixelsOf(instance);
      // Pixel Data is the last element.
      expect(dataset.subarray(-pixels.length).equals(pixels)).toBe(true);
    }
    // Sent again is only what was acknowledged and not written down yet.
    expect(requests).toBeLessThanOrEqual(count + arrivedBefore - writtenDown + 1);

    // The looks for what is due that send another study do not find this one again.
    const asked = requests;
    await storeAndSend('7.10', ['7.10.1.1', '7.10.1.2']);
    await expect.poll(() => sendOf('7.10')).toMatchObject({ state: 'done', sent: 2 });
    expect(requests).toBe(asked + 2);
    expect(await sendOf(study)).toMatchObject({ state: 'done', sent: count, attempts: 0 });
  });
});
