/**
 * SOP class extended negotiation of the Query/Retrieve service class (PS3.4 C.5.1.1, C.5.2.1, C.5.3.1) and of the worklist (K.5.1): one byte for each kind
 * of behaviour beyond the baseline, 1 where both sides want it. We answer 1 for what we do and 0 for the rest of what was asked.
 */
import type { Offer } from '#dicom/network/negotiate.ts';

/** Bytes of the service class application information of C-FIND, in their order. */
export const findExtensions = [
  { name: 'Relational queries', isDone: true },
  { name: 'Combined date-time matching', isDone: true },
  { name: 'Fuzzy semantic matching of person names', isDone: true },
  { name: 'Timezone query adjustment', isDone: true },
  { name: 'Enhanced multi-frame image conversion', isDone: false },
  { name: 'Empty value matching', isDone: true },
  { name: 'Multiple value matching', isDone: true },
] as const;

/** The same of the modality worklist (PS3.4 K.5.1): bytes that are reserved are 1 in every request, and agreed to. */
export const worklistExtensions = [
  { name: 'Reserved', isDone: true },
  { name: 'Reserved', isDone: true },
  { name: 'Fuzzy semantic matching of person names', isDone: true },
  { name: 'Timezone query adjustment', isDone: false },
] as const;

/** The same of C-MOVE and C-GET. */
export const retrieveExtensions = [
  { name: 'Relational retrieval', isDone: true },
  { name: 'Enhanced multi-frame image conversion', isDone: false },
] as const;

/** The behaviour that was negotiated for one C-FIND; all false is the baseline. */
export interface FindBehaviour {
  readonly relational: boolean;
  readonly combinedDateTime: boolean;
  readonly fuzzyNames: boolean;
  readonly timezone: boolean;
  readonly emptyValues: boolean;
  readonly everyValue: boolean;
}

/** The answer to an extended negotiation: as long as what was asked, as far as the standard goes. */
export function answering(extensions: readonly { readonly isDone: boolean }[]): NonNullable<Offer['extended']> {
  return (_, asked) =>
    Buffer.from(extensions.slice(0, asked.length).map(({ isDone }, at) => (isDone ? is(asked, at) : 0)));
}

/** @param agreed  the service class application information of our answer (PS3.4 C.5.1.1); undefined is the baseline */
export function findBehaviour(agreed: Uint8Array | undefined): FindBehaviour {
  const isAgreed = (at: number): boolean => is(agreed, at) === 1;
  return {
    relational: isAgreed(0),
    combinedDateTime: isAgreed(1),
    fuzzyNames: isAgreed(2),
    timezone: isAgreed(3),
    emptyValues: isAgreed(5),
    everyValue: isAgreed(6),
  };
}

/** The same of C-MOVE and C-GET (PS3.4 C.5.2.1, C.5.3.1): unique keys above the level of the retrieval may be left out. */
export function isRelationalRetrieval(agreed: Uint8Array | undefined): boolean {
  return is(agreed, 0) === 1;
}

function is(information: Uint8Array | undefined, at: number): 0 | 1 {
  return information?.[at] === 1 ? 1 : 0;
}
