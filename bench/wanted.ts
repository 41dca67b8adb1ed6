/**
 * What each phase of bench.mjs is judged by: which of its figures count, and what we promise ourselves against Orthanc.
 */

import { verdict } from './verdict.ts';

export interface Wanted {
  /** Of our figure to Orthanc's: at least, or at most. */
  readonly sign: '≥' | '≤';
  readonly bound: number;
}

export interface FigureOf {
  readonly phases: RegExp;
  readonly figure: string;
  /** Where ours is compared with another figure of Orthanc's than the one of the same name. */
  readonly against?: string;
  readonly wanted?: Wanted;
}

/** What the archive alone may have in memory, whatever comes. */
export const wantedArchiveMb = 300;

const atLeast = (bound: number): Wanted => ({ sign: '≥', bound });
const atMost = (bound: number): Wanted => ({ sign: '≤', bound });

export const figures: readonly FigureOf[] = [
  { phases: /-(store|stow)-\d$/, figure: 'inst_s', wanted: atLeast(1.5) },
  { phases: /-(store|stow)-\d$/, figure: 'cpu_ms_per_inst', wanted: atMost(0.5) },
  { phases: /^ct-resend$/, figure: 'inst_s' },
  { phases: /^metadata$/, figure: 'first_ms', wanted: atMost(0.2) },
  // What the worker's answer is measured by is the time before there was one.
  { phases: /^metadata$/, figure: 'p50_ms', against: 'first_ms', wanted: atMost(0.05) },
  { phases: /^frames-6$/, figure: 'frames_s', wanted: atLeast(2) },
  { phases: /^frames-6$/, figure: 'again_frames_s', wanted: atLeast(3) },
  { phases: /^frames-1$/, figure: 'frames_s' },
  { phases: /^frames-1$/, figure: 'again_frames_s' },
  { phases: /^frames-\d$/, figure: 'cpu_ms_per_frame', wanted: atMost(0.4) },
  { phases: /^wado-study$/, figure: 'inst_s' },
  { phases: /^c-get$/, figure: 'inst_s', wanted: atLeast(1.2) },
  { phases: /^c-move$/, figure: 'inst_s', wanted: atLeast(1.5) },
  ...['name', 'date', 'page', 'exact'].flatMap((kind) => [
    { phases: /^(qido|cfind)-1(@|$)/, figure: `${kind}_p95_ms`, wanted: atMost(0.1) },
    { phases: /^(qido|cfind)-16(@|$)/, figure: `${kind}_p95_ms` },
    { phases: /^(qido|cfind)-/, figure: `${kind}_cpu_ms`, wanted: atMost(0.4) },
  ]),
  { phases: /^(rendered|thumbnail)$/, figure: 'p50_ms' },
  { phases: /^c-(get|move)$/, figure: 'server_cpu_s', wanted: atMost(0.4) },
  { phases: /^(ct-resend|metadata|wado-study|rendered|thumbnail)$/, figure: 'server_cpu_s' },
];

/** `≥ 1.5 met`. @param noise  of the quietest round, 0 to 1 */
export function judged({ sign, bound }: Wanted, ratio: number | undefined, noise: number): string {
  const isMet = ratio !== undefined && (sign === '≥' ? ratio >= bound : ratio <= bound);
  return `${sign} ${bound} ${verdict(isMet, noise)}`;
}
