/** Sends instances as a modality (C-STORE) and as a web client (STOW-RS) would, and says which were acknowledged. */
import { Readable } from 'node:stream';
import { uid } from '#dicom/data/uid.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import type { RunningLightbox } from '../running-lightbox.ts';
import { secondaryCapture } from '../dataset-bytes.ts';

export const adminPassword = 'a password for tests';
export const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;

const explicitLittleEndian = uid('1.2.840.10008.1.2.1');

/** A Secondary Capture, Explicit VR Little Endian. */
export interface Outgoing {
  readonly instance: string;
  readonly dataset: Buffer;
}

export type Modality = Exchange<undefined>;

/** @param dicom  `LIGHTBOX@127.0.0.1:11112` */
export function connectModality(dicom: string): Promise<Modality> {
  const [calledAETitle = '', host = '', port = ''] = dicom.split(/[@:]/);
  return connectExchange({
    host,
    port: Number(port),
    callingAETitle: 'SENDER',
    calledAETitle,
    contexts: [
      { abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLittleEndian] },
      { abstractSyntax: uid('1.2.840.10008.1.1'), transferSyntaxes: [explicitLittleEndian] },
    ],
  });
}

/** C-STORE; resolves with the status. @throws AssociationLost */
export async function cStore(modality: Modality, { instance, dataset }: Outgoing): Promise<number> {
  const { status } = await store(modality, {
    sopClassUID: uid(secondaryCapture),
    sopInstanceUID: uid(instance),
    transferSyntaxUID: explicitLittleEndian,
    dataset: [dataset],
  });
  return status ?? -1;
}

/** Whether a C-STORE status is success or a warning (PS3.4 Table B.2-1). */
export const isAcknowledged = (status: number): boolean => status === 0 || status >> 12 === 0xb;

export interface StowAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** SOP Instance UIDs of the Referenced SOP Sequence. */
  readonly kept: ReadonlySet<string>;
  /** SOP Instance UID → Failure Reason (0008,1197). */
  readonly failed: ReadonlyMap<string, number>;
}

type Json = Readonly<Record<string, { readonly Value?: readonly unknown[] }>>;

/** STOW-RS of several instances in one request; of those that come one after the other, as they come. */
export async function stow(
  address: RunningLightbox['address'],
  instances: readonly Outgoing[] | AsyncIterable<Outgoing>,
): Promise<StowAnswer> {
  const boundary = 'between-two-instances-of-a-store-request';
  const part = ({ instance, dataset }: Outgoing): Buffer =>
    Buffer.concat([
      Buffer.from(`\r\nContent-Type: application/dicom\r\n\r\n`),
      fileHead({
        MediaStorageSOPClassUID: secondaryCapture,
        MediaStorageSOPInstanceUID: instance,
        TransferSyntaxUID: explicitLittleEndian,
      }),
      dataset,
      // A part is over where this stands.
      Buffer.from(`\r\n--${boundary}`),
    ]);
  const begin = Buffer.from(`--${boundary}`);
  const end = Buffer.from('--\r\n');
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield begin;
    for await (const each of instances) yield part(each);
    yield end;
  }
  const response = await fetch(`${address}dicom-web/studies`, {
    method: 'POST',
    headers: {
      authorization,
      accept: 'application/dicom+json',
      'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
    },
    ...(Symbol.asyncIterator in instances
      ? { body: Readable.toWeb(Readable.from(parts())) as BodyInit, duplex: 'half' as const }
      : { body: Buffer.concat([begin, ...instances.map(part), end]) }),
  });
  const isDicomJson = response.headers.get('content-type')?.startsWith('application/dicom+json');
  const text = await response.text();
  const answer = (isDicomJson ? JSON.parse(text) : {}) as Json;
  const items = (tag: string) => (answer[tag]?.Value ?? []) as Json[];
  const text0 = (item: Json, tag: string) => String(item[tag]?.Value?.[0] ?? '');
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    kept: new Set(items('00081199').map((item) => text0(item, '00081155'))),
    failed: new Map(items('00081198').map((item) => [text0(item, '00081155'), Number(text0(item, '00081197'))])),
  };
}
