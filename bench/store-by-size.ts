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
import { median } from './percentile.ts';
import { cpuMs, machineTime, noiseSince } from './server-load.ts';
import { table } from './table.ts';
import { noiseLimit, verdict } from './verdict.ts';

export interface Target {
  readonly studies: number;
  readonly lightbox: BenchedLightbox;
}

export interface StoreFigures {
  /** From the empty index to the largest. */
  readonly sizes: readonly StoreFigure[];
  readonly rounds: number;
  /** Of those rounds, the ones in which others took little; when none was, the figures are of all of them, and are not judged. */
  readonly quiet: number;
  /** Share of the processor, 0 to 1, that others took in the quietest round. */
  readonly noise: number;
}

interface StoreFigure {
  readonly studies: number;
  /** Of archive and PostgreSQL, for one instance; medians of the quiet rounds. */
  readonly newStudyCpuMs: number;
  readonly sliceCpuMs: number;
}

const rounds = 5;
const instancesOfARound = 200;
const explicitLittleEndian = uid('1.2.840.10008.1.2.1');
/** Of what an empty index costs. */
const wantedRatio = 1.25;

interface Round {
  readonly noise: number;
  /** CPU of one instance in ms, of each target. */
  readonly newStudy: readonly number[];
  readonly slice: readonly number[];
}

export async function measureStore(targets: readonly Target[], signal: AbortSignal): Promise<StoreFigures> {
  const measured: Round[] = [];
  const run = `${Date.now()}`;
  const pids = targets.flatMap(({ lightbox }) => [lightbox.archivePid, lightbox.postgresPid]);
  // The first round warms up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    const times = { newStudy: [] as number[], slice: [] as number[] };
    const [machine, cpu, own] = [await machineTime(), await cpuMs(pids), process.cpuUsage()];
    for (const { studies, lightbox } of targets)
      for (const kind of ['newStudy', 'slice'] as const) {
        signal.throwIfAborted();
        times[kind].push(await cpuOfRound(lightbox, `${run} ${studies} ${round} ${kind}`, kind === 'slice'));
      }
    const { user, system } = process.cpuUsage(own);
    const noise = await noiseSince(machine, (await cpuMs(pids)) - cpu + (user + system) / 1000);
    if (round > 0) measured.push({ noise, ...times });
  }
  return figuresOf(measured, targets);
}

function figuresOf(measured: readonly Round[], targets: readonly Target[]): StoreFigures {
  const quiet = measured.filter(({ noise }) => noise <= noiseLimit);
  const counted = quiet.length > 0 ? quiet : measured;
  return {
    sizes: targets.map(({ studies }, at) => ({
      studies,
      newStudyCpuMs: median(counted.map(({ newStudy }) => newStudy[at]!)),
      sliceCpuMs: median(counted.map(({ slice }) => slice[at]!)),
    })),
    rounds: measured.length,
    quiet: quiet.length,
    noise: Math.min(...measured.map(({ noise }) => noise)),
  };
}

export function storeTable({ sizes, rounds: of, quiet, noise }: StoreFigures): string {
  const empty = sizes[0]!;
  const judged = (ratio: number) => `${ratio.toFixed(2)} (≤ ${wantedRatio} ${verdict(ratio <= wantedRatio, noise)})`;
  const rows = table([
    ['studies in the index', 'new study: CPU ms', 'to empty', 'slice: CPU ms', 'to empty'],
    ...sizes.map(({ studies, newStudyCpuMs, sliceCpuMs }) => [
      studies.toLocaleString('en'),
      newStudyCpuMs.toFixed(2),
      judged(newStudyCpuMs / empty.newStudyCpuMs),
      sliceCpuMs.toFixed(2),
      judged(sliceCpuMs / empty.sliceCpuMs),
    ]),
  ]);
  return `${rows}\nMedians of the quiet rounds, ${quiet} of ${of}; where none was, of all, and not judged.`;
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
