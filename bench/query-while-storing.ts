/** How long who asks has to wait while many modalities store: in the list of a hospital that has been filled for a while. */
import { join } from 'node:path';
import { randomOf } from '#samples/seed.ts';
import { FindPeer } from '#tests/find-peer.ts';

import { temporaryIndex } from './filled-index.ts';
import { questionKinds } from './questions.ts';
import { percentile } from './percentile.ts';
import { answered, dimsePort, startFilled } from './search-by-size.ts';
import { machineTime, noiseSince, cpuMs } from './server-load.ts';
import { startModalities } from './modalities.ts';
import { table } from './table.ts';
import { verdict } from './verdict.ts';

export interface QueryWhileStoring {
  readonly directory: string;
  readonly signal: AbortSignal;
}

const studies = 20_000;
const associations = 64;
const seconds = 30;
/** Until every association stores. */
const settlingMs = 3_000;
/** Between two questions: a few people at work. */
const pauseMs = 20;
const wantedP95Ms = 100;
const wantedMostMs = 1_000;
const asked = [
  'list: first page',
  'box: Patient ID',
  'box: "nguyen van an"',
  'QIDO-RS: PatientID',
  'QIDO-RS: series of a study',
  'C-FIND: PatientID',
  'C-FIND: name of one person',
  'C-FIND: a day of CT',
];

export async function queryWhileStoring({
  directory,
  signal,
}: QueryWhileStoring): Promise<{ text: string; figures: object }> {
  const index = await temporaryIndex(studies, join(directory, 'storing'));
  await using filled = await startFilled(index);
  const { lightbox } = filled;
  await using peer = await FindPeer.associate(dimsePort(lightbox));
  const kinds = questionKinds.filter(({ name }) => asked.includes(name));
  const random = randomOf('while storing');
  const times = new Map(kinds.map(({ name }) => [name, [] as number[]]));

  await using modalities = await startModalities(lightbox, associations);
  await new Promise((resolve) => setTimeout(resolve, settlingMs));
  const machine = await machineTime();
  // The whole Lightbox, which is a child of ours, and the modalities.
  const pids = [process.pid];
  const cpu = await cpuMs(pids);
  const until = performance.now() + seconds * 1000;
  for (let at = 0; performance.now() < until; at++) {
    signal.throwIfAborted();
    const kind = kinds[at % kinds.length]!;
    const study = index.known[Math.floor(random() * index.known.length)]!;
    const question = kind.ask(study, index.lastDay, random);
    const begun = performance.now();
    await Promise.race([answered(question, lightbox, peer), modalities.failed]);
    times.get(kind.name)!.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  const noise = await noiseSince(machine, (await cpuMs(pids)) - cpu);
  const stored = await modalities.stop();

  const all = [...times.values()].flat();
  const rows = [...times, ['all of them', all] as const].map(([name, found]) => [
    name,
    String(found.length),
    ...[percentile(found, 0.5), percentile(found, 0.95), Math.max(...found)].map((ms) => ms.toFixed(1)),
  ]);
  const p95 = percentile(all, 0.95);
  const most = Math.max(...all);
  const text = `${table([['question', 'asked', 'p50 ms', 'p95 ms', 'most ms'], ...rows])}
While ${associations} associations stored ${stored} slices of 0.5 MB among ${studies.toLocaleString('en')} studies, ${(stored / (seconds + settlingMs / 1000)).toFixed(0)} a second; others took ${(100 * noise).toFixed(0)} % of the machine.
p95 ≤ ${wantedP95Ms} ms: ${verdict(p95 <= wantedP95Ms, noise)}; none over ${wantedMostMs} ms: ${verdict(most <= wantedMostMs, noise)}.`;
  return { text, figures: { associations, stored, p95, most, noise, times: Object.fromEntries(times) } };
}
