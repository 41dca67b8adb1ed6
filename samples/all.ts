/**
 * All samples: a study of each kind in turn, as many as are wanted.
 */
import { crSeries } from './cr.ts';
import { ctSeries } from './ct.ts';
import { mrInstances, mrSeries } from './mr.ts';
import { type Sample, studyUid } from './study.ts';
import { usSeries } from './us.ts';

export interface SampleOptions {
  /** The same seed gives the same bytes. */
  readonly seed: string;
  readonly studies: number;
  /** Slices of a CT. */
  readonly slices: number;
}

/** What `npm run samples` writes unless told otherwise, and an empty archive offers to load. */
export const defaultSamples: SampleOptions = { seed: 'lightbox', studies: 4, slices: 40 };

export interface SampleStudy {
  readonly StudyInstanceUID: string;
  /** How many `samples` gives. */
  readonly instances: number;
  /** Computes one after the other. */
  samples(): Iterable<Sample>;
}

export function sampleStudies({ seed, studies, slices }: SampleOptions): SampleStudy[] {
  const kinds = [
    { instances: slices, samples: (number: number) => ctSeries({ seed, number, slices }) },
    { instances: 1, samples: (number: number) => crSeries({ seed, number }) },
    { instances: mrInstances, samples: (number: number) => mrSeries({ seed, number }) },
    { instances: 1, samples: (number: number) => usSeries({ seed, number }) },
  ];
  return Array.from({ length: studies }, (_, number) => {
    const { instances, samples } = kinds[number % kinds.length] as (typeof kinds)[number];
    return { StudyInstanceUID: studyUid(seed, number), instances, samples: () => samples(number) };
  });
}
