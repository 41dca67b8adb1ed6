/** Functional groups of enhanced multi-frame objects (PS3.3 C.7.6.16): what holds for one frame, or for all of them. */
import type { Dataset } from '../data/dataset.ts';

const SharedFunctionalGroupsSequence = 0x52009229;
const PerFrameFunctionalGroupsSequence = 0x52009230;

/** The item of a macro's sequence that holds for a frame. @param frame counted from 1 */
export function functionalGroupOf(dataset: Dataset, macro: number, frame: number): Dataset | undefined {
  const groups = (sequence: number): readonly Dataset[] => dataset.elements.get(sequence)?.items ?? [];
  const item = (group: Dataset | undefined): Dataset | undefined => group?.elements.get(macro)?.items?.[0];
  return item(groups(PerFrameFunctionalGroupsSequence)[frame - 1]) ?? item(groups(SharedFunctionalGroupsSequence)[0]);
}
