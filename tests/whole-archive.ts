/** An archive with both doors, in this process; what is stored goes through STOW-RS. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import { openTestArchive, type OpenedArchive } from './opened-archive.ts';

export interface WholeArchive extends OpenedArchive {
  /** `http://127.0.0.1:…/dicom-web` */
  readonly dicomweb: string;
  /** Stores data sets in Explicit VR Little Endian; resolves with the HTTP status. */
  stow(datasets: readonly Dataset[]): Promise<number>;
}

export async function startWholeArchive(): Promise<WholeArchive> {
  const opened = await openTestArchive();
  const dicomweb = `${opened.web}dicom-web`;
  const { authorization } = opened;
  return {
    ...opened,
    dicomweb,
    async stow(datasets) {
      const response = await fetch(`${dicomweb}/studies`, {
        method: 'POST',
        body: multipart(datasets),
        headers: { authorization, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
}

function multipart(datasets: readonly Dataset[]): Buffer<ArrayBuffer> {
  const head = fileHead({
    MediaStorageSOPClassUID: '1.2.3',
    MediaStorageSOPInstanceUID: '1.2.3',
    TransferSyntaxUID: explicitLittleEndian.uid,
  });
  const parts = datasets.flatMap((dataset) => [
    Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'),
    head,
    serializeDataset(dataset, explicitLittleEndian),
  ]);
  return Buffer.concat([...parts, Buffer.from('\r\n--b--')]);
}
