/** What a scanner of data sets (`dataset-scanner.ts`) tells whom, and what it asks: elements, items and fragments as they pass by. */

export const pixelData = 0x7fe00010;
export const floatPixelData = 0x7fe00008;
export const doubleFloatPixelData = 0x7fe00009;
/** Of the three an instance has one at most (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25). */
export const pixelTags: ReadonlySet<number> = new Set([pixelData, floatPixelData, doubleFloatPixelData]);

/** One element's header. `tag` is group × 65536 + element; `length` is -1 for undefined length. */
export interface ElementHeader {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
  /** Where the value begins, in bytes from the beginning of the data set. */
  readonly offset: number;
  /** 0 for the data set itself, 1 for the items of its sequences, and so on. */
  readonly depth: number;
  readonly bigEndian: boolean;
  /** The VR is not in the bytes, but what the dictionary has for the tag. */
  readonly implied: boolean;
}

/** What to do with a value: pass over it, hand it over whole, or (sequences) tell of its items as they come. */
export type Choice = 'skip' | 'collect' | 'enter';

export interface DatasetHandler {
  element(header: ElementHeader): Choice;
  /** @param bytes stay as they are until this returns; so it is with `fragmentValue` */
  value(header: ElementHeader, bytes: Buffer): void;
  startItem?(): void;
  endItem?(): void;
  endSequence?(): void;
  /** An item of encapsulated Pixel Data that was entered: the first one is the Basic Offset Table (PS3.5 A.4). */
  fragment?(offset: number, length: number): Choice;
  fragmentValue?(bytes: Buffer): void;
}

export interface ScannerLimits {
  /** Sequences within sequences. */
  readonly sequenceDepth: number;
  /** The longest value that is handed over whole, in bytes. */
  readonly collectedBytes: number;
}
