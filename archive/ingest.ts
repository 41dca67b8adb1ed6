/**
 * The only way in (C-STORE and STOW-RS).
 */
import type { Caller } from '#access/caller.ts';
import type { Uid } from '#dicom/data/uid.ts';

/** One SOP instance on its way in, its data set still arriving. */
export interface Arrival {
  readonly transferSyntaxUID: Uid;
  /** The data set's bytes as received, without file meta information, in pieces of any size. */
  readonly dataset: AsyncIterable<Uint8Array>;
  /** What the door already knows and the data set must agree with (Affected SOP Instance UID, the STOW-RS study). */
  readonly announced: { readonly SOPClassUID?: string; readonly SOPInstanceUID?: string; readonly StudyInstanceUID?: string };
  readonly door: 'C-STORE' | 'STOW-RS' | 'import';
  /** AE titles of the association; absent on the other doors. */
  readonly callingAETitle?: string;
  readonly calledAETitle?: string;
}

export interface Ingested {
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  /** `version`: kept beside an instance of the same UID with other bytes, which stays current. */
  readonly outcome: 'stored' | 'duplicate' | 'version';
}

/**
 * Keeps one instance. Resolves when its bytes and its rows are durable, and not before.
 * Always reads `dataset` to its end, or stops iterating it (`return()`), before it settles.
 * @throws Problem with the answer for either door
 */
export type Ingest = (arrival: Arrival, caller: Caller) => Promise<Ingested>;
