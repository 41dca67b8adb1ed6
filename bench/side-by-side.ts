/**
 * Lightbox and Orthanc phase by phase in turn, by BENCH_DIR/bench.mjs, and the physical limit by BENCH_DIR/limit.mjs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './empty-lightbox.ts';
import { type Peer, startOrthanc } from './orthanc.ts';
import { table } from './table.ts';

/** What we promise ourselves against Orthanc: times its instances per second, and times its processor time for each. */
const wanted = { ingest: 1.5, cpu: 0.5, archiveMb: 300 };

const measured = z.object({ ours: z.unknown(), orthanc: z.unknown(), ratio: z.number().nullish() });
const benchOutput = z.object({
  summary: z.record(z.string(), z.record(z.string(), measured)),
  results: z.array(z.object({ phase: z.string(), target: z.string(), error: z.string().optional() })),
});
const limitOutput = z.object({ summary: z.record(z.string(), z.object({ inst_s: z.number() })) });

type Metrics = Readonly<Record<string, z.infer<typeof measured>>>;

export interface SideBySide {
  readonly lightbox: BenchedLightbox;
  readonly peer: Peer;
  readonly phases: readonly string[];
  readonly rounds: number;
  readonly ct: string;
  /** For what the tools write. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export async function sideBySide(plan: SideBySide): Promise<{ text: string; figures: object }> {
  const { lightbox, peer, phases, rounds, ct, directory, signal } = plan;
  const tool = (name: string, ...args: string[]) =>
    runTool(join(peer.tools, name), [...args, '--rounds', String(rounds), '--ct', ct], signal);
  const target = (parts: Record<string, string>) =>
    Object.entries(parts)
      .map(([key, value]) => `${key}=${value}`)
      .join(';');

  const benchFile = join(directory, 'bench.json');
  let archivePeakMb: number;
  {
    await using orthanc = await startOrthanc(peer);
    const pids = `${lightbox.archivePid},${lightbox.postgresPid}`;
    const ours = { dimse: lightbox.dicom, dicomweb: lightbox.dicomweb, auth: lightbox.authorization, pid: pids };
    const theirs = { dimse: orthanc.dicom, dicomweb: orthanc.dicomweb, pid: String(orthanc.pid) };
    const targets = ['--a', target({ name: 'ours', ...ours }), '--b', target({ name: 'orthanc', ...theirs })];
    await tool('bench.mjs', ...targets, '--phases', phases.join(), '--out', benchFile);
    archivePeakMb = await lightbox.archivePeakMb();
  }
  const limitFile = join(directory, 'limit.json');
  await tool('limit.mjs', '--dir', directory, '--out', limitFile);

  const { summary, results } = benchOutput.parse(JSON.parse(await readFile(benchFile, 'utf8')));
  const limits = limitOutput.parse(JSON.parse(await readFile(limitFile, 'utf8'))).summary;
  const errors = results.flatMap(({ phase, target: who, error }) => (error ? [`${phase}, ${who}: ${error}`] : []));
  const head = ['phase', 'figure', 'ours', 'Orthanc', 'ratio', 'wanted', 'CPU ratio', 'wanted', 'MB', 'noise', 'limit'];
  const rows = Object.entries(summary).map(([phase, metrics]) => row(phase, metrics, limits));
  const text = [
    table([head, ...rows]),
    ...errors,
    `Medians of ${rounds} rounds; ratio is ours to Orthanc's. CPU and MB are archive and PostgreSQL, and Orthanc; noise is`,
    'what others took of the processor (ours, Orthanc): above some 15 % the times say little, the CPU ratio still does.',
    'Limit: what plain Node over loopback TCP onto this disk, one fdatasync each, stores per second; our share of it.',
    `The archive alone had at most ${archivePeakMb.toFixed(0)} MB in memory (wanted: ≤ ${wanted.archiveMb}).`,
  ].join('\n');
  return { text, figures: { summary, errors, limits, archivePeakMb } };
}

/** The first of these that a phase has is its figure; of the latter two less is more. */
const figureNames = ['inst_s', 'frames_s', 'p50_ms', 'name_p50_ms'];
const cpuNames = ['cpu_ms_per_inst', 'cpu_ms_per_frame', 'name_cpu_ms', 'server_cpu_s'];

function row(phase: string, metrics: Metrics, limits: Readonly<Record<string, { inst_s: number }>>): string[] {
  const name = figureNames.find((each) => each in metrics) ?? Object.keys(metrics)[0] ?? '';
  const figure = metrics[name];
  const cpu = metrics[cpuNames.find((each) => each in metrics) ?? ''];
  const isIngest = /-(store|stow)-\d$/.test(phase);
  const limit = limitOf(phase, limits);
  return [
    phase,
    name,
    short(figure?.ours),
    short(figure?.orthanc),
    short(figure?.ratio),
    isIngest ? judged('≥', wanted.ingest, figure?.ratio) : '',
    short(cpu?.ratio),
    isIngest ? judged('≤', wanted.cpu, cpu?.ratio) : '',
    `${short(metrics['server_rss_peak_mb']?.ours)}/${short(metrics['server_rss_peak_mb']?.orthanc)}`,
    `${short(metrics['noise_pct']?.ours)}/${short(metrics['noise_pct']?.orthanc)} %`,
    limit === undefined ? '' : `${short(limit)} (${short((figure?.ours as number) / limit)})`,
  ];
}

/** CT slices per second that one, or four, senders could bring to this disk at all. */
function limitOf(phase: string, limits: Readonly<Record<string, { inst_s: number }>>): number | undefined {
  if (/^ct-(store|stow)-1$/.test(phase)) return limits['tcp + file, stop-and-wait, fsync each']?.inst_s;
  if (/^ct-(store|stow)-4$/.test(phase)) return limits['tcp + file, async fdatasync each, 4 connections']?.inst_s;
  return undefined;
}

function judged(sign: '≥' | '≤', bound: number, ratio: number | null | undefined): string {
  const met = typeof ratio === 'number' && (sign === '≥' ? ratio >= bound : ratio <= bound);
  return `${sign} ${bound} ${met ? 'met' : 'MISSED'}`;
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
