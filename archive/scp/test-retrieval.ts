/**
 * For tests of C-GET and C-MOVE: an archive with both doors, and a requestor that stores what C-GET sends.
 */
import { addDevices } from '#access/devices.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import type { Answer, Request } from '#dicom/dimse/service.ts';
import { type Uid, uid } from '#dicom/data/uid.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { connectAssociation } from '#dicom/network/requestor.ts';
import { explicit } from '#tests/dataset-bytes.ts';
import { openTestArchive, type OpenedArchive } from '#tests/opened-archive.ts';
import { type Received, storage } from './test-destination.ts';

export const explicitLE = uid('1.2.840.10008.1.2.1');
export const implicitLE = uid('1.2.840.10008.1.2');
/** SOP classes by information model and service. */
export const models = {
  patient: { move: uid('1.2.840.10008.5.1.4.1.2.1.2'), get: uid('1.2.840.10008.5.1.4.1.2.1.3') },
  study: { move: uid('1.2.840.10008.5.1.4.1.2.2.2'), get: uid('1.2.840.10008.5.1.4.1.2.2.3') },
  patientStudy: { move: uid('1.2.840.10008.5.1.4.1.2.3.2'), get: uid('1.2.840.10008.5.1.4.1.2.3.3') },
};

export interface RetrievalArchive extends OpenedArchive {
  readonly port: number;
  /** Puts a device that listens on this machine into the registry. */
  addDevice(aeTitle: string, port: number): Promise<void>;
  /** C-STORE of data sets, each in its transfer syntax. */
  store(instances: readonly StoredInstance[]): Promise<void>;
  /** STOW-RS of one data set in Explicit VR Little Endian; unlike DIMSE it takes an odd length. */
  stow(dataset: Buffer): Promise<void>;
}

export interface StoredInstance {
  readonly sopClassUID: Uid;
  readonly sopInstanceUID: Uid;
  readonly transferSyntaxUID: Uid;
  readonly dataset: Buffer;
}

/** @param environment  settings beside those that every test has */
export async function startRetrievalArchive(environment: Record<string, string> = {}): Promise<RetrievalArchive> {
  const opened = await openTestArchive(environment);
  const { dimsePort: port, postgres, web, authorization } = opened;
  return {
    ...opened,
    port,
    async addDevice(aeTitle, devicePort) {
      const devices = [{ aeTitle, host: '127.0.0.1', port: devicePort }];
      await addDevices({ database: postgres.database.pool, devices });
    },
    async store(instances) {
      for (const instance of instances) {
        const { sopClassUID: abstractSyntax, transferSyntaxUID, dataset } = instance;
        const exchange = await connectExchange({
          ...archiveAt(port),
          contexts: [{ abstractSyntax, transferSyntaxes: [transferSyntaxUID] }],
        });
        const { status, errorComment } = await store(exchange, { ...instance, dataset: [dataset] });
        await exchange.release();
        if (status !== 0) throw new Error(`${instance.sopInstanceUID} is not stored: ${errorComment}`);
      }
    },
    async stow(dataset) {
      const meta = fileHead({
        MediaStorageSOPClassUID: '1.2',
        MediaStorageSOPInstanceUID: '1.2',
        TransferSyntaxUID: explicitLE,
      });
      const head = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n');
      const response = await fetch(`${web}dicom-web/studies`, {
        method: 'POST',
        body: Buffer.concat([head, meta, dataset, Buffer.from('\r\n--b--')]),
        headers: {
          authorization,
          'content-type': 'multipart/related; type="application/dicom"; boundary=b',
        },
      });
      if (response.status !== 200) throw new Error(`STOW-RS: ${response.status} ${await response.text()}`);
    },
  };
}

export const archiveAt = (port: number) => ({
  host: '127.0.0.1',
  port,
  callingAETitle: 'ASKS',
  calledAETitle: 'LIGHTBOX',
});

/** An identifier in Explicit VR Little Endian. */
export function identifier(level: string, keys: { patient?: string; study?: string; series?: string; image?: string }) {
  const { patient, study, series, image } = keys;
  return Buffer.concat([
    ...(image === undefined ? [] : [explicit(0x00080018, 'UI', image)]),
    ...(level === '' ? [] : [explicit(0x00080052, 'CS', level)]),
    ...(patient === undefined ? [] : [explicit(0x00100020, 'LO', patient)]),
    ...(study === undefined ? [] : [explicit(0x0020000d, 'UI', study)]),
    ...(series === undefined ? [] : [explicit(0x0020000e, 'UI', series)]),
  ]);
}

export interface Retrieved {
  readonly status: number | undefined;
  readonly errorComment: string | undefined;
  /** Remaining, completed, failed, warning, of each response. */
  readonly counts: (number | undefined)[][];
  readonly failedUIDs: string[];
  readonly stored: Received[];
}

export interface Retrieving {
  /** ASKS, where none is given. */
  readonly callingAETitle?: string;
  readonly model: Uid;
  readonly keys: Buffer;
  /** C-MOVE to this one, else C-GET. */
  readonly destination?: string;
  /** Contexts for storage (C-GET), in which we take the SCP role. */
  readonly contexts?: { readonly abstractSyntax: Uid; readonly transferSyntaxes: readonly string[] }[];
  readonly noRoles?: boolean;
  /** Extended negotiation of the model (PS3.4 C.5.2.1, C.5.3.1). */
  readonly extended?: readonly number[];
  readonly asynchronousOperations?: { readonly invoked: number; readonly performed: number };
  readonly answer?: (at: number, request: Request) => Answer | Promise<Answer>;
  readonly signal?: AbortSignal;
  /** The association that asks, once it is there. */
  readonly opened?: (exchange: Exchange<undefined>) => void;
}

export async function retrieve(port: number, asked: Retrieving): Promise<Retrieved> {
  const { model, keys, destination, contexts = [], noRoles = false, answer = () => ({ status: 0 }), signal } = asked;
  const stored: Received[] = [];
  const services = [storage(stored, answer)];
  const roles = contexts.map(({ abstractSyntax }) => ({ sopClass: abstractSyntax, scu: false, scp: true }));
  const { asynchronousOperations } = asked;
  const exchange = await connectAssociation(
    {
      ...archiveAt(port),
      ...(asked.callingAETitle !== undefined && { callingAETitle: asked.callingAETitle }),
      contexts: [{ abstractSyntax: model, transferSyntaxes: [explicitLE] }, ...contexts],
      userInformation: {
        roles: noRoles ? [] : roles,
        extended: asked.extended ? [{ sopClass: model, information: Buffer.from(asked.extended) }] : [],
        ...(asynchronousOperations && { asynchronousOperations }),
      },
    },
    (association, agreement) =>
      new Exchange(
        association,
        { ...agreement, operations: asynchronousOperations?.performed ?? 1 },
        {
          services,
          context: undefined,
        },
      ),
  );
  asked.opened?.(exchange);
  const counts: (number | undefined)[][] = [];
  const identifiers: Promise<Buffer>[] = [];
  const { Status, ErrorComment } = await exchange.invoke(
    1,
    {
      AffectedSOPClassUID: model,
      CommandField: commandFields[destination === undefined ? 'C-GET-RQ' : 'C-MOVE-RQ'],
      Priority: 0,
      ...(destination !== undefined && { MoveDestination: destination }),
    },
    keys,
    {
      ...(signal && { signal }),
      response({ command, dataset }) {
        counts.push([
          command.NumberOfRemainingSuboperations,
          command.NumberOfCompletedSuboperations,
          command.NumberOfFailedSuboperations,
          command.NumberOfWarningSuboperations,
        ]);
        if (dataset) identifiers.push(readAll(dataset));
      },
    },
  );
  const [list] = await Promise.all(identifiers);
  await exchange.release();
  return { status: Status, errorComment: ErrorComment, counts, failedUIDs: failedUIDs(list), stored };
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const kept: Buffer[] = [];
  for await (const piece of pieces) kept.push(Buffer.from(piece));
  return Buffer.concat(kept);
}

/** Values of Failed SOP Instance UID List (0008,0058), the one element there is. */
function failedUIDs(list: Buffer | undefined): string[] {
  if (!list) return [];
  if (list.toString('hex', 0, 6) !== '080058005549') throw new Error('an identifier of something else');
  return list.toString('latin1', 8).replace(/\0$/, '').split('\\');
}
