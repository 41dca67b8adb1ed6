/**
 * What one C-STORE costs the server while the index behind it grows: new studies of one small image, which touch every table
 * and index, and slices of one study. Sent to all sizes in turn.
 */
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { uidOf } from '#samples/seed.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import { cpuMs } from './server-load.ts';
import { table } from './table.ts';

export interface Target {
  readonly studies: number;
  readonly lightbox: BenchedLightbox;
}

export interface StoreFigure {
  readonly studies: number;
  /** Of archive and PostgreSQL, for one instance; medians of the rounds. */
  readonly newStudyCpuMs: number;
  readonly sliceCpuMs: number;
}

const rounds = 5;
const instancesOfARound = 200;
const explicitLittleEndian = uid('1.2.840.10008.1.2.1');
/** Of what an empty index costs. */
const wantedRatio = 1.25;

export async function measureStore(targets: readonly Target[], signal: AbortSignal): Promise<StoreFigure[]> {
  const times = targets.map(() => ({ newStudy: [] as number[], slice: [] as number[] }));
  const run = `${Date.now()}`;
  // The first round warms up, and does not count.
  for (let round = 0; round <= rounds; round++)
    for (const [at, { studies, lightbox }] of targets.entries())
      for (const kind of ['newStudy', 'slice'] as const) {
        signal.throwIfAborted();
        const ms = await cpuOfRound(lightbox, `${run} ${studies} ${round} ${kind}`, kind === 'slice');
        if (round > 0) times[at]![kind].push(ms);
      }
  return targets.map(({ studies }, at) => ({
    studies,
    newStudyCpuMs: median(times[at]!.newStudy),
    sliceCpuMs: median(times[at]!.slice),
  }));
}

export function storeTable(figures: readonly StoreFigure[]): string {
  const empty = figures[0]!;
  const judged = (ratio: number) => `${ratio.toFixed(2)} (≤ ${wantedRatio} ${ratio <= wantedRatio ? 'met' : 'MISSED'})`;
  return table([
    ['studies in the index', 'new study: CPU ms', 'to empty', 'slice: CPU ms', 'to empty'],
    ...figures.map(({ studies, newStudyCpuMs, sliceCpuMs }) => [
      studies.toLocaleString('en'),
      newStudyCpuMs.toFixed(2),
      judged(newStudyCpuMs / empty.newStudyCpuMs),
      sliceCpuMs.toFixed(2),
      judged(sliceCpuMs / empty.sliceCpuMs),
    ]),
  ]);
}

async function cpuOfRound(lightbox: BenchedLightbox, seed: string, inOneStudy: boolean): Promise<number> {
  const [calledAETitle = '', host = '', port = ''] = lightbox.dicom.split(/[@:]/);
  const modality = await connectExchange({
    host,
    port: Number(port),
    callingAETitle: 'BENCH',
    calledAETitle,
    contexts: [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLittleEndian] }],
  });
  const pids = [lightbox.archivePid, lightbox.postgresPid];
  const begun = await cpuMs(pids);
  for (let number = 0; number < instancesOfARound; number++) {
    const study = uidOf(inOneStudy ? `${seed} study` : `${seed} study ${number}`);
    const instance = uidOf(`${seed} instance ${number}`);
    // Years before what is searched for.
    const dataset = smallInstance({
      study,
      series: uidOf(`${study} series`),
      instance,
      patientID: `BENCH ${inOneStudy ? seed : instance.slice(-12)}`.slice(0, 64),
      patientName: 'NGUYỄN^THỊ BÌNH MINH',
      studyDate: '20010203',
    });
    const { status } = await store(modality, {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLittleEndian,
      dataset: [dataset],
    });
    if (status !== 0) throw new BenchFailed(`C-STORE status ${status?.toString(16)}`);
  }
  const spent = (await cpuMs(pids)) - begun;
  await modality.release();
  return spent / instancesOfARound;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
