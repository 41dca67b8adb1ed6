/**
 * Modalities in a thread of their own, so that what they cost is not in the times of those who ask meanwhile: each stores
 * slices of half a megabyte over an association of its own, one after the other, until it is told to stop.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { ctSlices, datasetOfSlice } from './ingest.ts';

export interface StoringData {
  readonly host: string;
  readonly port: number;
  readonly calledAETitle: string;
  readonly associations: number;
  /** Other UIDs for each run. */
  readonly seed: string;
}

const ctImageStorage = uid('1.2.840.10008.5.1.4.1.1.2');
const explicitLittleEndian = uid('1.2.840.10008.1.2.1');
/** Digits of a SOP Instance UID that are counted up: its last ones. */
const counted = 6;

const { host, port, calledAETitle, associations, seed } = workerData as StoringData;
let isStopping = false;
let stored = 0;
parentPort?.on('message', () => (isStopping = true));
const slices = ctSlices({ studies: associations, slices: 1 }, seed);
await Promise.all(slices.map(storeOn));
parentPort?.postMessage({ stored });
parentPort?.close();

async function storeOn({ sopInstanceUID, file }: (typeof slices)[number], lane: number): Promise<void> {
  const modality = await connectExchange({
    host,
    port,
    callingAETitle: `MODALITY${lane}`,
    calledAETitle,
    contexts: [{ abstractSyntax: ctImageStorage, transferSyntaxes: [explicitLittleEndian] }],
  });
  const dataset = Buffer.from(datasetOfSlice({ sopInstanceUID, file }));
  const digitsAt = dataset.indexOf(sopInstanceUID) + sopInstanceUID.length - counted;
  if (lane === 0) parentPort?.postMessage('storing');
  for (let number = 0; !isStopping; number++) {
    const digits = String(number).padStart(counted, '1');
    dataset.write(digits, digitsAt, 'latin1');
    const { status, errorComment } = await store(modality, {
      sopClassUID: ctImageStorage,
      sopInstanceUID: uid(sopInstanceUID.slice(0, -counted) + digits),
      transferSyntaxUID: explicitLittleEndian,
      dataset: [dataset],
    });
    if (status !== 0) throw new Error(`C-STORE status ${status?.toString(16)}: ${errorComment ?? ''}`);
    stored++;
  }
  await modality.release();
}
