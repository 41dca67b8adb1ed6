/**
 * What the archive has in memory while much comes at once, and while one instance comes that is larger than it may ever have:
 * the peak since each begun, as the system counts it.
 */
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { connectExchange, store } from '#dicom/dimse/requests.ts';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import { type LargeInstance, largeInstance } from './large-instance.ts';
import { startModalities } from './modalities.ts';
import { forgetPeak, residentMb } from './server-load.ts';
import { table } from './table.ts';
import { wantedArchiveMb } from './wanted.ts';

export interface MemoryFigure {
  readonly what: string;
  /** Of the data sets that were stored meanwhile, 10⁶ bytes a second. */
  readonly mbPerSecond: number;
  /** Of the archive alone, in MB of 2²⁰ bytes: just before, and the most meanwhile. */
  readonly beforeMb: number;
  readonly peakMb: number;
  /** Of archive and PostgreSQL, afterwards. */
  readonly serverMb: number;
}

interface Sender {
  readonly what: string;
  /** Resolves with the bytes of the data sets that were acknowledged. */
  send(lightbox: BenchedLightbox, seed: string): Promise<number>;
}

const associations = 16;
const storingMs = 20_000;
const sliceBytes = 512 * 512 * 2;
const boundary = 'around-a-large-one';

const senders: readonly Sender[] = [
  { what: `${associations} associations store CT slices`, send: storeSlicesAtOnce },
  { what: 'C-STORE of 1 GB multi-frame', send: (lightbox, seed) => storeLarge(lightbox, largeInstance(seed)) },
  { what: 'STOW-RS of 1 GB multi-frame', send: (lightbox, seed) => stowLarge(lightbox, largeInstance(seed)) },
];

export async function measureMemory(
  lightbox: BenchedLightbox,
  rounds: number,
  signal: AbortSignal,
): Promise<{ text: string; figures: object }> {
  const found: MemoryFigure[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const { what, send } of senders) {
      signal.throwIfAborted();
      const beforeMb = await residentMb([lightbox.archivePid]);
      await forgetPeak(lightbox.archivePid);
      const begun = performance.now();
      const bytes = await send(lightbox, `${Date.now()} ${what}`);
      const mbPerSecond = bytes / 1e3 / (performance.now() - begun);
      const peakMb = await lightbox.archivePeakMb();
      const serverMb = await residentMb([lightbox.archivePid, lightbox.postgresPid]);
      found.push({ what, mbPerSecond, beforeMb, peakMb, serverMb });
      process.stderr.write(`${what}: ${peakMb.toFixed(0)} MB\n`);
    }
  return { text: memoryTable(found), figures: found };
}

export function memoryTable(found: readonly MemoryFigure[]): string {
  const most = Math.max(...found.map(({ peakMb }) => peakMb));
  const rows = found.map(({ what, mbPerSecond, ...mb }) => [
    what,
    ...[mbPerSecond, mb.beforeMb, mb.peakMb, mb.serverMb].map((value) => value.toFixed(0)),
  ]);
  const head = ['the archive in memory, MB', 'came MB/s', 'before', 'peak', 'with PostgreSQL, after'];
  return `${table([head, ...rows])}
The archive alone had at most ${most.toFixed(0)} MB in memory: ≤ ${wantedArchiveMb} ${most <= wantedArchiveMb ? 'met' : 'MISSED'}.`;
}

async function storeSlicesAtOnce(lightbox: BenchedLightbox): Promise<number> {
  await using modalities = await startModalities(lightbox, associations);
  await Promise.race([delay(storingMs), modalities.failed]);
  return (await modalities.stop()) * sliceBytes;
}

/** @returns bytes of the data set. @throws BenchFailed when it was not taken */
export async function storeLarge({ dicom }: BenchedLightbox, large: LargeInstance): Promise<number> {
  const [calledAETitle = '', host = '', port = ''] = dicom.split(/[@:]/);
  const { sopClassUID, transferSyntaxUID } = large;
  const modality = await connectExchange({
    host,
    port: Number(port),
    callingAETitle: 'BENCH',
    calledAETitle,
    contexts: [{ abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntaxUID] }],
  });
  const { status, errorComment } = await store(modality, { ...large, dataset: large.dataset() });
  if (status !== 0) throw new BenchFailed(`C-STORE status ${status?.toString(16)}: ${errorComment ?? ''}`);
  await modality.release();
  return large.bytes;
}

/** @returns bytes of the data set. @throws BenchFailed when it was not taken */
export async function stowLarge({ dicomweb, authorization }: BenchedLightbox, large: LargeInstance): Promise<number> {
  function* body(): Generator<Uint8Array> {
    yield Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
    yield large.fileHead;
    yield* large.dataset();
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const request = httpRequest(`${dicomweb}/studies`, {
    method: 'POST',
    headers: {
      authorization,
      accept: 'application/dicom+json',
      'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
    },
  });
  const answered = once(request, 'response');
  await Promise.all([pipeline(Readable.from(body()), request), answered]);
  const [response] = (await answered) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new BenchFailed(`STOW-RS ${response.statusCode}: ${answer}`);
  return large.bytes;
}
