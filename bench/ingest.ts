/**
 * CT slices of 0.5 MB that we compute ourselves, sent over several associations (C-STORE) or connections (STOW-RS) at once.
 */
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const explicitLittleEndian = uid('1.2.840.10008.1.2.1');
const instancesPerRequest = 50;
const boundary = 'between-two-slices';

export interface Shape {
  readonly studies: number;
  readonly slices: number;
}

export interface Slice {
  readonly sopInstanceUID: string;
  readonly file: Buffer;
}

/** Each study on its own lane where there are as many lanes: slices of one study follow each other. */
export function ctSlices({ studies, slices }: Shape, seed: string): Slice[] {
  return Array.from({ length: studies }, (_, number) => [...ctSeries({ seed, number, slices })]).flatMap((series) =>
    series.map(({ attributes }) => ({
      sopInstanceUID: String(attributes['SOPInstanceUID']),
      file: dicomFile(attributes),
    })),
  );
}

/** @returns seconds from the first association to the last answer */
export function storeSlices(
  lightbox: BenchedLightbox,
  slices: readonly Slice[],
  associations: number,
): Promise<number> {
  const [calledAETitle = '', host = '', port = ''] = lightbox.dicom.split(/[@:]/);
  const contexts = [{ abstractSyntax: uid(ctImageStorage), transferSyntaxes: [explicitLittleEndian] }];
  return seconds(
    inLanes(slices, associations).map(async (lane) => {
      const modality = await connectExchange({
        host,
        port: Number(port),
        callingAETitle: 'BENCH',
        calledAETitle,
        contexts,
      });
      for (const { sopInstanceUID, file } of lane) {
        const { status, errorComment } = await store(modality, {
          sopClassUID: uid(ctImageStorage),
          sopInstanceUID: uid(sopInstanceUID),
          transferSyntaxUID: explicitLittleEndian,
          dataset: [datasetOfSlice({ sopInstanceUID, file })],
        });
        if (status !== 0) throw new BenchFailed(`C-STORE status ${status?.toString(16)}: ${errorComment ?? ''}`);
      }
      await modality.release();
    }),
  );
}

/** @returns seconds from the first request to the last answer */
export function stowSlices(lightbox: BenchedLightbox, slices: readonly Slice[], connections: number): Promise<number> {
  return seconds(
    inLanes(slices, connections).map(async (lane) => {
      for (let at = 0; at < lane.length; at += instancesPerRequest) {
        const response = await fetch(`${lightbox.dicomweb}/studies`, {
          method: 'POST',
          headers: {
            authorization: lightbox.authorization,
            accept: 'application/dicom+json',
            'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
          },
          body: multipart(lane.slice(at, at + instancesPerRequest)),
        });
        if (response.status !== 200) throw new BenchFailed(`STOW-RS ${response.status}: ${await response.text()}`);
        await response.arrayBuffer();
      }
    }),
  );
}

function multipart(slices: readonly Slice[]): Buffer<ArrayBuffer> {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const end = Buffer.from('\r\n');
  return Buffer.concat([...slices.flatMap(({ file }) => [head, file, end]), Buffer.from(`--${boundary}--\r\n`)]);
}

export function datasetOfSlice({ sopInstanceUID, file }: Slice): Buffer {
  return file.subarray(headBytes(sopInstanceUID));
}

function headBytes(sopInstanceUID: string): number {
  return fileHead({
    MediaStorageSOPClassUID: ctImageStorage,
    MediaStorageSOPInstanceUID: sopInstanceUID,
    TransferSyntaxUID: explicitLittleEndian,
  }).length;
}

function inLanes(slices: readonly Slice[], count: number): Slice[][] {
  const each = Math.ceil(slices.length / count);
  return Array.from({ length: count }, (_, lane) => slices.slice(lane * each, (lane + 1) * each));
}

async function seconds(lanes: readonly Promise<void>[]): Promise<number> {
  const start = performance.now();
  await Promise.all(lanes);
  return (performance.now() - start) / 1000;
}
