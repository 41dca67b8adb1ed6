/**
 * Lightbox and a peer phase by phase in turn, by BENCH_DIR/bench.mjs, and the physical limit by BENCH_DIR/limit.mjs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { startBareServer } from './bare-server.ts';
import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import type { Peer, RunningPeer } from './peers.ts';
import { mediansByPhase, type PhaseFigures, quietRounds } from './quiet-rounds.ts';
import { table } from './table.ts';
import { type FigureOf, figures, judged, wantedArchiveMb } from './wanted.ts';

const benchOutput = z.object({
  results: z.array(
    z.object({
      phase: z.string(),
      round: z.number(),
      target: z.string(),
      metrics: z.record(z.string(), z.unknown()).optional(),
      error: z.string().optional(),
    }),
  ),
});
const limitOutput = z.object({ summary: z.record(z.string(), z.object({ inst_s: z.number() })) });

/** By what limit.mjs calls it, and by phase for a server that does nothing. */
export interface Limits {
  readonly stores: Readonly<Record<string, { inst_s: number }>>;
  readonly bare: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

export interface SideBySide {
  readonly lightbox: BenchedLightbox;
  readonly peer: Peer;
  /** Who is measured beside it. */
  start(peer: Peer): Promise<RunningPeer>;
  readonly phases: readonly string[];
  readonly rounds: number;
  readonly ct: string;
  /** Sizes of the index at which the queries are asked, `1000,20000`. */
  readonly index?: string;
  /** For what the tools write. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export async function sideBySide(plan: SideBySide): Promise<{ text: string; figures: object }> {
  const { lightbox, peer, phases, rounds, ct, index, directory, signal } = plan;
  let [name, isMeasure] = ['', false];
  const tool = (name: string, ...args: string[]) =>
    runTool(join(peer.tools, name), [...args, '--rounds', String(rounds), '--ct', ct], signal);
  const target = (parts: Record<string, string>) =>
    Object.entries(parts)
      .map(([key, value]) => `${key}=${value}`)
      .join(';');

  const benchFile = join(directory, 'bench.json');
  let archivePeakMb: number;
  {
    await using other = await plan.start(peer);
    ({ name, isMeasure } = other);
    const pids = `${lightbox.archivePid},${lightbox.postgresPid}`;
    const ours = { dimse: lightbox.dicom, dicomweb: lightbox.dicomweb, auth: lightbox.authorization, pid: pids };
    const theirs = {
      dimse: other.dicom,
      ...(other.dicomweb !== undefined && { dicomweb: other.dicomweb }),
      pid: String(other.pid),
    };
    const targets = ['--a', target({ name: 'ours', ...ours }), '--b', target({ name: 'theirs', ...theirs })];
    const growing = index === undefined ? [] : ['--index', index];
    await tool('bench.mjs', ...targets, '--phases', phases.join(), ...growing, '--out', benchFile);
    archivePeakMb = await lightbox.archivePeakMb();
  }
  const limitFile = join(directory, 'limit.json');
  await tool('limit.mjs', '--dir', directory, '--out', limitFile);

  const reading = phases.filter((phase) => phase.startsWith('frames-'));
  const bareFile = join(directory, 'bare.json');
  if (reading.length > 0) {
    await using bare = await startBareServer();
    const aim = target({ name: 'bare', dicomweb: bare.dicomweb, pid: String(process.pid) });
    await tool('bench.mjs', '--a', aim, '--phases', reading.join(), '--out', bareFile);
  }

  const resultsOf = async (file: string) => benchOutput.parse(JSON.parse(await readFile(file, 'utf8'))).results;
  const results = await resultsOf(benchFile);
  const limits = {
    stores: limitOutput.parse(JSON.parse(await readFile(limitFile, 'utf8'))).summary,
    bare: mediansByPhase(reading.length > 0 ? await resultsOf(bareFile) : []),
  };
  const errors = results.flatMap(({ phase, target: who, error }) => (error ? [`${phase}, ${who}: ${error}`] : []));
  const measured = quietRounds(results);
  const text = [
    comparisonTable(measured, { name, isMeasure, limits }),
    ...errors,
    `Medians of the quiet rounds; ratio is ours to theirs. CPU and MB are archive and PostgreSQL, and ${name}; noise is`,
    'what others took of the processor (ours, theirs). "2 of 3" rounds were quiet; "0 of 3" is all of them, and not judged.',
    'Limit: what plain Node over loopback TCP onto this disk, one fdatasync each, stores per second; for frames, what a bare',
    'server gives the same client that has one frame in memory and does nothing else. In brackets our share of it.',
    `The archive alone had at most ${archivePeakMb.toFixed(0)} MB in memory (wanted: ≤ ${wantedArchiveMb}).`,
  ].join('\n');
  return { text, figures: { phases: Object.fromEntries(measured), errors, limits: limits.stores, archivePeakMb } };
}

/** @param of  the other server's name, whether it is the one that we are judged by, and the machine's limits */
export function comparisonTable(
  measured: ReadonlyMap<string, PhaseFigures>,
  { name, isMeasure, limits }: { name: string; isMeasure: boolean; limits: Limits },
): string {
  const head = ['phase', 'figure', 'ours', name, 'ratio', 'wanted', 'MB', 'noise', 'rounds', 'limit'];
  return table([head, ...[...measured].flatMap(([phase, found]) => rowsOf(phase, found, limits, isMeasure))]);
}

function rowsOf(phase: string, found: PhaseFigures, limits: Limits, isMeasure: boolean): string[][] {
  return figures
    .filter(({ phases, figure }) => phases.test(phase) && figure in found.figures)
    .map(({ wanted, ...each }) => rowOf(phase, { ...each, ...(isMeasure && wanted && { wanted }) }, found, limits));
}

function rowOf(phase: string, { figure, against, wanted }: FigureOf, found: PhaseFigures, limits: Limits): string[] {
  const { [figure]: own, server_rss_peak_mb: memory, noise_pct: noise } = found.figures;
  const ours = own?.ours;
  const theirs = found.figures[against ?? figure]?.theirs;
  const ratio = against === undefined ? own?.ratio : (ours ?? NaN) / (theirs ?? NaN);
  const limit = figure === 'inst_s' ? limitOf(phase, limits) : limits.bare.get(phase)?.[figure];
  return [
    phase,
    against === undefined ? figure : `${figure} / ${against}`,
    short(ours),
    short(theirs),
    short(ratio),
    wanted ? judged(wanted, ratio, found.noise) : '',
    `${short(memory?.ours)}/${short(memory?.theirs)}`,
    `${short(noise?.ours)}/${short(noise?.theirs)} %`,
    `${found.quiet} of ${found.rounds}`,
    limit === undefined || figure.startsWith('cpu') ? '' : `${short(limit)} (${short((ours ?? NaN) / limit)})`,
  ];
}

/** CT slices per second that one, or four, senders could bring to this disk at all. */
function limitOf(phase: string, limits: Limits): number | undefined {
  if (/^ct-(store|stow)-1$/.test(phase)) return limits.stores['tcp + file, stop-and-wait, fsync each']?.inst_s;
  if (/^ct-(store|stow)-4$/.test(phase))
    return limits.stores['tcp + file, async fdatasync each, 4 connections']?.inst_s;
  return undefined;
}

function short(value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '-';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** Runs a tool; what it says of its progress is passed on. A phase that failed is told in its output. */
async function runTool(path: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const kill = () => child.kill();
  signal.addEventListener('abort', kill);
  const [status] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (status !== 0 && status !== 1) throw new BenchFailed(`${path} ended with status ${status}.`);
}
