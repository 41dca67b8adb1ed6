/** A peer that takes slowly, or in drops, what we send as one write. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { connectExchange, store } from './requests.ts';
import { upperLayerLimits } from '../network/limits.ts';
import { requestorConnection } from '../network/secure.ts';
import { closeAll, contexts, instance, listener } from './test-exchange.ts';

/** Of which the system holds only a part, on both sides. */
const pixels = Buffer.alloc(40 * 1024 * 1024);
const bytesBetweenLooks = 12 * 1024 * 1024;
/** Not those that a test stops. */
const [everySoOften, endOf] = [setInterval, clearInterval];

let directory: string;
let certificates: CertificateDirectory;
beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/lightbox-slow-peer-`);
  certificates = new CertificateDirectory(directory);
  if (hasOpenssl) await certificates.certify('own', 'localhost');
});
afterAll(() => rm(directory, { recursive: true }));
const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await closeAll();
});

/** @param carried  so many bytes so far @returns of what is there now, how many are taken */
type Pace = (carried: number) => number;

/** Stands before a listener, and looks every ten milliseconds what the requestor has sent. @returns its port */
async function slowLine(port: number, pace: Pace, isSecure: boolean): Promise<number> {
  const carry = (near: Socket): void => {
    const far = connect(port, '127.0.0.1').on('error', () => near.destroy());
    near.on('error', () => {}).pause();
    let carried = 0;
    const sips = everySoOften(() => {
      // The association is established at once.
      const most = carried < 4_096 ? 4_096 : pace(carried);
      const piece = near.read(Math.min(most, near.readableLength)) as Buffer | null;
      if (!piece) return void near.read(0);
      carried += piece.length;
      far.write(piece);
    }, 10);
    far.pipe(near);
    near.once('close', () => {
      endOf(sips);
      far.destroy();
    });
    closing.push(() => near.destroy());
  };
  const line = isSecure ? createTlsServer(await certificates.own('own'), carry) : createServer(carry);
  closing.push(() => line.close());
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  return (line.address() as AddressInfo).port;
}

describe.each([
  ['plain TCP', false],
  ['TLS', true],
])('over %s', (_, isSecure) => {
  const isThere = !isSecure || hasOpenssl;

  async function storeOver(pace: Pace, stalledMessageMs: number): Promise<number | undefined> {
    const { port } = await listener();
    const exchange = await connectExchange({
      limits: { ...upperLayerLimits, stalledMessageMs, leastPaceBytes: 4_000 },
      host: '127.0.0.1',
      port: await slowLine(port, pace, isSecure),
      callingAETitle: 'TEST',
      calledAETitle: 'LIGHTBOX',
      contexts,
      ...(isSecure && { tls: requestorConnection({ fingerprint: await certificates.fingerprint('own') }) }),
    });
    return (await store(exchange, instance(pixels))).status;
  }

  test.skipIf(!isThere)('a peer that takes it slowly gets all of it', async () => {
    const { stalledMessageMs } = upperLayerLimits;
    // The clock by which both sides look at the pace goes on when so much was taken: more than the system holds, which gives by the megabyte.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let looks = 0;
    const pace: Pace = (carried) => {
      for (; looks < Math.floor(carried / bytesBetweenLooks); looks++) vi.advanceTimersByTime(stalledMessageMs);
      return 256 * 1024;
    };
    try {
      expect(await storeOver(pace, stalledMessageMs)).toBe(0);
      expect(looks).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  test.skipIf(!isThere).each([0, 1])('an association whose peer takes %d bytes at a time is aborted', async (bytes) => {
    await expect(storeOver(() => bytes, 1_000)).rejects.toThrow(
      /aborted by us: the peer (reads our answers too slowly|does not read)/,
    );
  });
});
