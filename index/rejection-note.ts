/**
 * Reads a rejection note (IHE RAD TF-3 4.66) as its data set passes: a Key Object Selection (PS3.3 A.35.4) whose document
 * title gives the reason, and whose Current Requested Procedure Evidence Sequence names what is rejected.
 */
import { tagOf } from '#dicom/data/dictionary.ts';
import { trimmedValue } from '#dicom/data/padding.ts';
import { isUid } from '#dicom/data/uid.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import type { Choice, ElementHeader } from '#dicom/file/dataset-handler.ts';
import { limits } from '#settings/limits.ts';

/** Document titles of CID 7011 (PS3.16) that reject, coding scheme DCM. */
export const rejectionCodes = [
  /** Rejected for Quality Reasons. */
  '113001',
  /** Rejected for Patient Safety Reasons. */
  '113037',
  /** Incorrect Modality Worklist Entry. */
  '113038',
  /** Data Retention Policy Expired. */
  '113039',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** What a note says, as `index.write_instances` takes it. */
export interface RejectionNote {
  readonly code: RejectionCode;
  readonly studies: readonly {
    readonly study_instance_uid: string;
    readonly sop_instance_uids: readonly string[];
  }[];
}

const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';
const conceptName = tagOf('ConceptNameCodeSequence');
const codeValue = tagOf('CodeValue');
const codingScheme = tagOf('CodingSchemeDesignator');
const evidence = tagOf('CurrentRequestedProcedureEvidenceSequence');
const referencedSeries = tagOf('ReferencedSeriesSequence');
const referencedSOP = tagOf('ReferencedSOPSequence');
const studyInstanceUID = tagOf('StudyInstanceUID');
const referencedSOPInstanceUID = tagOf('ReferencedSOPInstanceUID');

/** A UID of 64 characters, or a code of 16. */
const valueBytes = 64;

export function isKeyObjectSelection(SOPClassUID: string): boolean {
  return SOPClassUID === keyObjectSelection;
}

/** Handles what a scanner tells of the two sequences; nothing else of the data set concerns it. */
export class RejectionNoteReader {
  readonly #studies = new Map<string, Set<string>>();
  #within = 0;
  #titles = 0;
  #code = '';
  #scheme = '';
  /** Of one item of the evidence: its Study Instance UID comes behind its instances (PS3.5 7.1). */
  #study = '';
  #instances: string[] = [];
  #count = 0;

  /** Whether a top-level element is to be entered. What follows, until the next one, is of it. */
  enters(tag: number): boolean {
    this.#within = tag === conceptName || tag === evidence ? tag : 0;
    return this.#within !== 0;
  }

  /** The scanner is within one of the two sequences. */
  get isInside(): boolean {
    return this.#within !== 0;
  }

  /** Of an element within. */
  element({ tag, depth, length }: ElementHeader): Choice {
    if (this.#within === evidence) {
      if ((tag === referencedSeries && depth === 1) || (tag === referencedSOP && depth === 2)) return 'enter';
      if (!(tag === studyInstanceUID && depth === 1) && !(tag === referencedSOPInstanceUID && depth === 3))
        return 'skip';
    } else if (depth !== 1 || this.#titles !== 1 || (tag !== codeValue && tag !== codingScheme)) return 'skip';
    return length >= 0 && length <= valueBytes ? 'collect' : 'skip';
  }

  startItem(depth: number): void {
    if (this.#within === conceptName) this.#titles++;
    else if (depth === 0) {
      this.#study = '';
      this.#instances = [];
    }
  }

  /** @throws BadDataset when more instances are named than one note may */
  value({ tag, offset }: ElementHeader, bytes: Buffer): void {
    const text = trimmedValue(bytes.toString('latin1'));
    if (tag === codeValue) this.#code = text;
    else if (tag === codingScheme) this.#scheme = text;
    else if (tag === studyInstanceUID) this.#study = text;
    else if (isUid(text)) {
      if (++this.#count > limits.rejection.instances)
        throw new BadDataset(tag, offset, `more than ${limits.rejection.instances} instances`);
      this.#instances.push(text);
    }
  }

  /** @param depth of the element that the item belongs to */
  endItem(depth: number): void {
    if (this.#within !== evidence || depth !== 0 || !isUid(this.#study)) return;
    const instances = this.#studies.get(this.#study) ?? new Set();
    this.#studies.set(this.#study, instances);
    for (const each of this.#instances) instances.add(each);
  }

  /** Undefined where the title does not reject. */
  get note(): RejectionNote | undefined {
    const code = rejectionCodes.find((each) => each === this.#code);
    if (code === undefined || this.#scheme !== 'DCM') return undefined;
    const studies = Array.from(this.#studies, ([study_instance_uid, instances]) => ({
      study_instance_uid,
      sop_instance_uids: [...instances],
    }));
    return { code, studies };
  }
}
