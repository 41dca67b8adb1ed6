/**
 * Figures of two servers from the rounds of bench.mjs in which nobody else took much of the processor.
 */

import { median } from './percentile.ts';
import { noiseLimit } from './verdict.ts';

export interface RoundResult {
  readonly phase: string;
  readonly round: number;
  readonly target: string;
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
}

export interface Compared {
  readonly ours: number;
  readonly theirs: number;
  /** The median of the rounds' own ratios, which a machine that slows down between rounds changes least. */
  readonly ratio: number;
}

export interface PhaseFigures {
  readonly figures: Readonly<Record<string, Compared>>;
  readonly rounds: number;
  /** Of those rounds, the ones that were quiet; when none was, the figures are of all of them, and are not judged. */
  readonly quiet: number;
  /** Share of the processor, 0 to 1, that others took in the quietest round. */
  readonly noise: number;
}

type Numbers = Readonly<Record<string, number>>;

/** @param results  of targets `ours` and `theirs`; a phase that failed has no metrics */
export function quietRounds(results: readonly RoundResult[]): ReadonlyMap<string, PhaseFigures> {
  const phases = new Map<string, PhaseFigures>();
  for (const phase of new Set(results.map((each) => each.phase))) {
    const pairs = pairsOf(results.filter((each) => each.phase === phase));
    if (pairs.length === 0) continue;
    const quiet = pairs.filter((pair) => noiseOf(pair) <= noiseLimit);
    phases.set(phase, {
      figures: compare(quiet.length > 0 ? quiet : pairs),
      rounds: pairs.length,
      quiet: quiet.length,
      noise: Math.min(...pairs.map(noiseOf)),
    });
  }
  return phases;
}

/** The medians of one server's figures, of all rounds. */
export function mediansByPhase(results: readonly RoundResult[]): ReadonlyMap<string, Numbers> {
  const byPhase = Map.groupBy(results, ({ phase }) => phase);
  return new Map(
    [...byPhase].map(([phase, rounds]) => {
      const all = rounds.flatMap(({ metrics }) => (metrics ? [numbers(metrics)] : []));
      const names = Object.keys(all[0] ?? {}).filter((name) => all.every((each) => name in each));
      return [phase, Object.fromEntries(names.map((name) => [name, median(all.map((each) => each[name]!))]))];
    }),
  );
}

function pairsOf(results: readonly RoundResult[]): (readonly [ours: Numbers, theirs: Numbers])[] {
  return [...new Set(results.map(({ round }) => round))].flatMap((round) => {
    const of = (target: string) => results.find((each) => each.round === round && each.target === target)?.metrics;
    const [ours, theirs] = [of('ours'), of('theirs')];
    return ours && theirs ? [[numbers(ours), numbers(theirs)] as const] : [];
  });
}

/** Of the worse half of a round: what disturbed one server is in the ratio. A round that does not say is not known to be quiet. */
function noiseOf(pair: readonly Numbers[]): number {
  return Math.max(...pair.map((each) => each['noise_pct'] ?? 100)) / 100;
}

function numbers(metrics: Readonly<Record<string, unknown>>): Numbers {
  return Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function compare(pairs: readonly (readonly [Numbers, Numbers])[]): Record<string, Compared> {
  const names = Object.keys(pairs[0]?.[0] ?? {}).filter((name) =>
    pairs.every(([ours, theirs]) => name in ours && name in theirs),
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        ours: median(pairs.map(([ours]) => ours[name]!)),
        theirs: median(pairs.map(([, theirs]) => theirs[name]!)),
        ratio: median(pairs.map(([ours, theirs]) => ours[name]! / theirs[name]!)),
      },
    ]),
  );
}
