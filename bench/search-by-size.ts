/**
 * Searches through the doors of archives that hold more and more studies, one question at a time: each is asked of all sizes
 * in turn, so that what disturbs the machine disturbs all of them alike.
 */
import { randomOf } from '#samples/seed.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { FindPeer } from '#tests/find-peer.ts';

import { BenchFailed } from './bench-failed.ts';
import { type BenchedLightbox, startBenchedLightbox } from './benched-lightbox.ts';
import type { FilledIndex } from './filled-index.ts';
import { type Question, type QuestionKind, questionKinds } from './questions.ts';
import { percentile } from './percentile.ts';
import { cpuMs, machineTime, noiseSince } from './server-load.ts';
import { table } from './table.ts';
import { putOneObject } from '#tests/one-object.ts';
import { verdict } from './verdict.ts';

export interface Filled extends AsyncDisposable {
  readonly index: FilledIndex;
  readonly lightbox: BenchedLightbox;
}

export async function startFilled(index: FilledIndex): Promise<Filled> {
  await putOneObject(index.dataDir);
  const lightbox = await startBenchedLightbox(index.dataDir, 'archive');
  return { index, lightbox, [Symbol.asyncDispose]: () => lightbox[Symbol.asyncDispose]() };
}

export interface SearchFigure {
  readonly studies: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Of archive and PostgreSQL, for one question. */
  readonly cpuMs: number;
}

export interface KindFigures {
  readonly kind: QuestionKind;
  /** From the smallest index to the largest. */
  readonly sizes: readonly SearchFigure[];
  /** Share of the machine that others took meanwhile. */
  readonly noise: number;
}

const questionsOfAKind = 200;
/** Before it counts: what a server that has just started must read first. */
const warmingUp = 5;
/** At a million studies, of what it is at the smallest size. */
const wantedGrowth = 2;

export async function measureSearch(archives: readonly Filled[], signal: AbortSignal): Promise<KindFigures[]> {
  const found: KindFigures[] = [];
  const peers = await Promise.all(archives.map(({ lightbox }) => FindPeer.associate(dimsePort(lightbox))));
  try {
    for (const kind of questionKinds) {
      const random = randomOf(kind.name);
      const times = archives.map((): number[] => []);
      const pids = archives.map(({ lightbox }) => [lightbox.archivePid, lightbox.postgresPid]);
      let begun = await Promise.all(pids.map(cpuMs));
      let machine = await machineTime();
      let ownBegun = process.cpuUsage();
      for (let number = -warmingUp; number < questionsOfAKind; number++) {
        if (number === 0)
          [begun, machine, ownBegun] = [await Promise.all(pids.map(cpuMs)), await machineTime(), process.cpuUsage()];
        for (const [at, { index, lightbox }] of archives.entries()) {
          signal.throwIfAborted();
          const study = index.known[Math.floor(random() * index.known.length)]!;
          const question = kind.ask(study, index.lastDay, random);
          const asked = performance.now();
          await answered(question, lightbox, peers[at]!);
          if (number >= 0) times[at]!.push(performance.now() - asked);
        }
      }
      const spent = (await Promise.all(pids.map(cpuMs))).map((ms, at) => ms - begun[at]!);
      const own = process.cpuUsage(ownBegun);
      const all = spent.reduce((sum, ms) => sum + ms, (own.user + own.system) / 1000);
      const sizes = archives.map(({ index }, at) => ({
        studies: index.studies,
        p50Ms: percentile(times[at]!, 0.5),
        p95Ms: percentile(times[at]!, 0.95),
        cpuMs: spent[at]! / questionsOfAKind,
      }));
      found.push({ kind, sizes, noise: await noiseSince(machine, all) });
      process.stderr.write(`${kind.name}: ${sizes.map(({ p95Ms }) => p95Ms.toFixed(1)).join(', ')} ms\n`);
    }
  } finally {
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  }
  return found;
}

export function searchTable(figures: readonly KindFigures[]): string {
  const sizes = figures[0]?.sizes.map(({ studies }) => studies.toLocaleString('en')) ?? [];
  const head = ['question', ...sizes.flatMap((size) => [`${size}: p50`, 'p95', 'CPU']), 'growth', 'wanted', 'noise'];
  const rows = figures.map(({ kind, sizes: found, noise }) => {
    const [first, last] = [found[0]!, found.at(-1)!];
    const growth = last.p95Ms / first.p95Ms;
    // A few milliseconds are the protocol's, not the index's.
    const isMet = last.p95Ms <= kind.wantedMs && (growth <= wantedGrowth || last.p95Ms <= 10);
    return [
      kind.name,
      ...found.flatMap(({ p50Ms, p95Ms, cpuMs: each }) => [p50Ms, p95Ms, each].map((ms) => ms.toFixed(1))),
      growth.toFixed(2),
      `≤ ${kind.wantedMs} ${verdict(isMet, noise)}`,
      `${(100 * noise).toFixed(0)} %`,
    ];
  });
  return table([head, ...rows]);
}

/** @throws BenchFailed */
export async function answered(question: Question, lightbox: BenchedLightbox, peer: FindPeer): Promise<void> {
  const { authorization, address, dicomweb } = lightbox;
  if (question.door === 'C-FIND') {
    const identifier = datasetOf({
      QueryRetrieveLevel: 'STUDY',
      StudyInstanceUID: '',
      StudyDate: '',
      PatientName: '',
      PatientID: '',
      ...question.keys,
    });
    const { last } = await peer.find(identifier, question.cancelAfter);
    if (last.Status !== 0 && last.Status !== 0xfe00)
      throw new BenchFailed(`C-FIND status ${last.Status?.toString(16)}`);
    return;
  }
  const response =
    question.door === 'API'
      ? await fetch(`${address}api/studies/search`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(question.body),
        })
      : await fetch(`${dicomweb}${question.path}`, { headers: { authorization, accept: 'application/dicom+json' } });
  await response.arrayBuffer();
  if (response.status !== 200 && response.status !== 204) throw new BenchFailed(`${question.door}: ${response.status}`);
}

export function dimsePort({ dicom }: BenchedLightbox): number {
  return Number(dicom.split(':').at(-1));
}
