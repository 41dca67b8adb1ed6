/**
 * Fills an empty archive with the samples that Lightbox computes, through `ingest` like everything else. Where it was cut off
 * it goes on: what is there already is a duplicate of itself.
 */
import { setImmediate } from 'node:timers/promises';
import type { Caller } from '#access/caller.ts';
import { uid } from '#dicom/data/uid.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import type { Database } from '#index/database.ts';
import { heldStudies } from '#index/held-studies.ts';
import { defaultSamples, type SampleOptions, sampleStudies } from '#samples/all.ts';
import { filesComputedInThread } from '#samples/in-thread.ts';
import type { Log } from '#settings/log.ts';
import type { Ingest } from './ingest.ts';
import { Problem, type ProblemCode } from './problems.ts';
import { requireRight } from './require-right.ts';

export interface SamplesState {
  /** There is nothing but samples, and not yet all of them. */
  readonly offered: boolean;
  /** This archive is loading them now. */
  readonly loading: boolean;
  /** Why the last loading ended early. */
  readonly failed: ProblemCode | null;
  readonly kept: number;
  readonly total: number;
}

export interface SampleLoader extends AsyncDisposable {
  state(): Promise<SamplesState>;
  /**
   * Begins, or does nothing where it is under way or done. Resolves before it ends.
   * @throws Problem `notEmpty` where there is a study that is no sample, `notAuthorized`
   */
  load(caller: Caller): Promise<void>;
}

export interface SampleParts {
  readonly database: Database;
  readonly ingest: Ingest;
  readonly log: Log;
  readonly options?: SampleOptions;
}

/** So much is hashed and read at once; then others have a turn. */
const pieceBytes = 128 * 1024;

export function openSampleLoader({ database, ingest, log, options = defaultSamples }: SampleParts): SampleLoader {
  const studies = sampleStudies(options);
  const uids = studies.map(({ StudyInstanceUID }) => StudyInstanceUID);
  const total = studies.reduce((sum, { instances }) => sum + instances, 0);
  const closing = new AbortController();
  let loading: Promise<void> | undefined;
  let failed: ProblemCode | null = null;

  async function loadAll(caller: Caller): Promise<void> {
    try {
      for await (const file of filesComputedInThread(options, closing.signal)) {
        const { transferSyntaxUID, dataset } = await openPart10(inPieces(file));
        await ingest({ transferSyntaxUID: uid(transferSyntaxUID), dataset, announced: {}, door: 'API' }, caller);
      }
    } catch (error) {
      if (closing.signal.aborted) return;
      failed = error instanceof Problem ? error.code : 'processingFailure';
      log.error({ err: error }, 'the samples could not be loaded');
    }
  }

  return {
    async state() {
      const { instances, others } = await heldStudies(database, uids);
      const offered = !others && instances < total;
      return { offered, loading: loading !== undefined, failed, kept: Math.min(instances, total), total };
    },
    async load(caller) {
      requireRight('store', caller, log);
      const { instances, others } = await heldStudies(database, uids);
      if (loading || closing.signal.aborted) return;
      if (others) throw new Problem('notEmpty', 'samples are loaded into an empty archive only');
      if (instances >= total) return;
      failed = null;
      loading = loadAll(caller).finally(() => (loading = undefined));
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await loading;
    },
  };
}

async function* inPieces(file: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < file.length; at += pieceBytes) {
    yield file.subarray(at, at + pieceBytes);
    await setImmediate();
  }
}
