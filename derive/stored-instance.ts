/** A stored instance whose data set is written anew, wherever its bytes lie: an object of the archive, or a file. */
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { StoredPixelRow } from './stored-image.ts';

export interface StoredInstance {
  readonly syntax: TransferSyntax;
  /** What is known of its data set. */
  readonly row: StoredPixelRow;
  readonly bytes: DatasetBytes;
}

/** The whole data set as it is stored. */
export function datasetOf({ row, bytes }: StoredInstance): AsyncIterable<Uint8Array> {
  return bytes.readStream(0, row.length);
}
