/**
 * The only way in (C-STORE, STOW-RS, samples): bytes go to storage while attributes and digest are read as they pass, rows and
 * object become durable side by side, and only then does the promise resolve (acknowledged means kept, and findable).
 */
import { createHash } from 'node:crypto';
import { type Caller, callerKey } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { Uid } from '#dicom/data/uid.ts';
import { objectHead, objectHeadBytes } from '#dicom/file/file-meta.ts';
import type { ObjectInformation } from '#dicom/file/file-meta.ts';
import { Turns } from '#dicom/network/turns.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { PassingHead } from '#index/passing-head.ts';
import type { ReadInstance } from '#index/instance-reader.ts';
import type { RejectionNote } from '#index/rejection-note.ts';
import { instanceRecord } from '#index/instance-record.ts';
import { limits } from '#settings/limits.ts';
import { objectKey } from '#storage/keys.ts';
import { Problem } from './problems.ts';
import { requireRight } from './require-right.ts';
import { SentAgain } from './sent-again.ts';
import { refuse, settle } from './settle.ts';
import type { IngestParts, Outcome, Received } from './settle.ts';

/** One SOP instance on its way in, its data set still arriving. */
export interface Arrival {
  readonly transferSyntaxUID: Uid;
  /**
   * The data set's bytes as received, without file meta information, in pieces of any size. A piece stays as it is until
   * the next one is asked for; then its memory may be used again, so what is kept of it is copied.
   */
  readonly dataset: AsyncIterable<Uint8Array>;
  /** What the door already knows and the data set must agree with (Affected SOP Instance UID, the STOW-RS study). */
  readonly announced: {
    readonly SOPClassUID?: string;
    readonly SOPInstanceUID?: string;
    readonly StudyInstanceUID?: string;
  };
  /** `API`: the samples. */
  readonly door: 'C-STORE' | 'STOW-RS' | 'API';
  /** AE title of the association's requestor. */
  readonly callingAETitle?: string;
}

export interface Ingested {
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  /** `version`: kept beside an instance of the same UID with other bytes, which stays current. */
  readonly outcome: Outcome;
  /** Data set bytes. */
  readonly length: number;
  /** What it rejects, where it is a rejection note. */
  readonly rejection: RejectionNote | undefined;
}

/**
 * Keeps one instance. Resolves when its bytes and its rows are durable, and not before.
 * Reads `dataset` to its end, or stops iterating it (`return()`), before it settles.
 * @throws Problem with the answer for either door
 */
export type Ingest = (arrival: Arrival, caller: Caller) => Promise<Ingested>;

const studyInstanceUID = tagOf('StudyInstanceUID');
const seriesInstanceUID = tagOf('SeriesInstanceUID');
const sopInstanceUID = tagOf('SOPInstanceUID');
const sopClassUID = tagOf('SOPClassUID');

/** Received whole, and what its door will be told of it. */
interface Taken extends Received {
  readonly ingested: Omit<Ingested, 'outcome'>;
}

/** Of all associations and uploads together. */
const reads = new Turns(limits.dataset.readMsPerTurn);
const headPlaceholder = Buffer.alloc(objectHeadBytes);

export function openIngest(parts: IngestParts): Ingest {
  /** Objects whose fate is open: who finds one of them as its duplicate must wait for it. */
  const unsettled = new Map<string, Promise<unknown>>();
  const sentAgain = new SentAgain(parts);

  return async function ingest(arrival, caller) {
    requireRight('store', caller, parts.log, arrival.door);
    const received = await receive(arrival, caller, parts);
    const settled = settle(received, parts, unsettled, sentAgain);
    unsettled.set(received.key, settled);
    try {
      const outcome = await settled;
      recordAccess(parts.log, {
        caller,
        action: 'store',
        door: arrival.door,
        SOPInstanceUID: received.ingested.SOPInstanceUID,
        StudyInstanceUID: received.ingested.StudyInstanceUID,
        outcome: 'done',
      });
      if (received.ingested.rejection) recordRejection(parts, caller, arrival, received.ingested, outcome);
      return { ...received.ingested, outcome };
    } finally {
      unsettled.delete(received.key);
    }
  };
}

/** Takes the data set into a new object and reads it as it passes; on any failure nothing of it stays. */
async function receive(
  arrival: Arrival,
  caller: Caller,
  { storage, store, datasetBytes = limits.dataset.bytes }: IngestParts,
): Promise<Taken> {
  const syntax = transferSyntaxOf(arrival.transferSyntaxUID);
  const key = objectKey('i', new Date());
  const object = await storage.begin(key).catch(refuse);
  const reader = new InstanceReader(syntax, limits.dataset, caller.characterSet);
  try {
    const hash = createHash('sha256');
    const head = syntax.deflated ? undefined : new PassingHead();
    let length = 0;
    await object.write(headPlaceholder);
    for await (const chunk of arrival.dataset) {
      length += chunk.length;
      if (length > datasetBytes) throw new Problem('tooLarge', `more than ${datasetBytes} bytes`);
      const reading = reads.take(() => {
        hash.update(chunk);
        return reader.write(chunk);
      }, callerKey(caller));
      if (reading) await reading;
      head?.add(chunk, reader.pixelOffset);
      await object.write(chunk);
    }
    const read = await reader.end();
    const ingested = { ...identify(read, arrival), length, rejection: read.rejection };
    if (read.rejection) refuseBeyondScope(read.rejection, caller);
    const address = caller.address ?? '';
    const information: ObjectInformation = {
      receivedAt: new Date().toISOString(),
      order: Math.round((performance.timeOrigin + performance.now()) * 1000),
      door: arrival.door,
      callingAETitle: arrival.callingAETitle ?? '',
      address,
      defaultIssuer: caller.defaultIssuer ?? '',
      ...(caller.characterSet !== undefined && { characterSet: caller.characterSet }),
      length,
      digest: hash.digest('hex'),
      version: 1,
      replaces: caller.onOtherBytes === 'replace',
    };
    const meta = {
      MediaStorageSOPClassUID: ingested.SOPClassUID,
      MediaStorageSOPInstanceUID: ingested.SOPInstanceUID,
      TransferSyntaxUID: syntax.uid,
      ...(arrival.callingAETitle && { SourceApplicationEntityTitle: arrival.callingAETitle }),
    };
    await object.overwrite(0, objectHead(meta, information));
    const record = instanceRecord(withClass(read, ingested.SOPClassUID), {
      received_at: information.receivedAt,
      store,
      key,
      offset: objectHeadBytes,
      length,
      digest: information.digest,
      transfer_syntax: syntax.uid,
      door: arrival.door,
      calling_ae_title: information.callingAETitle,
      address,
      defaultIssuer: information.defaultIssuer,
      replaces: information.replaces,
      pixels: null,
    });
    return { key, object, record, head: head?.bytes, ingested, information, meta };
  } catch (error) {
    reader.destroy();
    await object.abort();
    return refuse(error);
  }
}

/** Who sees some studies only rejects in those only. */
function refuseBeyondScope({ studies }: RejectionNote, { scope }: Caller): void {
  if (scope.studies === 'all') return;
  const own = new Set<string>(scope.studies);
  if (!studies.every(({ study_instance_uid }) => own.has(study_instance_uid)))
    throw new Problem('notAuthorized', 'this caller may not reject in other studies');
}

/** A note hides what others may look for: the record says by whose note, in which studies, and how much it names. */
function recordRejection(
  { log }: IngestParts,
  caller: Caller,
  { door }: Arrival,
  { SOPInstanceUID, rejection }: Taken['ingested'],
  outcome: Outcome,
): void {
  if (!rejection || outcome !== 'stored') return;
  const { code, studies } = rejection;
  recordAccess(log, {
    caller,
    action: 'reject',
    door,
    SOPInstanceUID,
    StudyInstanceUID: studies.map(({ study_instance_uid }) => study_instance_uid).join('\\'),
    reason: code,
    count: studies.reduce((sum, { sop_instance_uids }) => sum + sop_instance_uids.length, 0),
    outcome: 'done',
  });
}

/** The UIDs that an instance cannot be kept without, and those that the door announced (PS3.4 B.2.3: A900). */
function identify(
  read: ReadInstance,
  { announced }: Arrival,
): Pick<Ingested, 'SOPClassUID' | 'SOPInstanceUID' | 'StudyInstanceUID' | 'SeriesInstanceUID'> {
  const required = (keyword: string, tag: number): string => {
    const value = read.values.get(tag) ?? '';
    if (value === '') throw new Problem('missingIdentity', `${keyword} is missing`);
    if (!isUid(value)) throw new Problem('missingIdentity', `${keyword} is not a UID`);
    return value;
  };
  const agreed = (keyword: string, value: string, expected: string | undefined): string => {
    if (expected !== undefined && expected !== value)
      throw new Problem('doesNotMatchSOPClass', `${keyword} differs from the one announced`);
    return value;
  };
  const ownClass = read.values.get(sopClassUID) ?? '';
  const SOPClassUID =
    ownClass === '' ? (announced.SOPClassUID ?? '') : agreed('SOPClassUID', ownClass, announced.SOPClassUID);
  if (!isUid(SOPClassUID))
    throw new Problem('cannotUnderstand', SOPClassUID === '' ? 'SOPClassUID is missing' : 'SOPClassUID is not a UID');
  return {
    SOPClassUID,
    SOPInstanceUID: agreed('SOPInstanceUID', required('SOPInstanceUID', sopInstanceUID), announced.SOPInstanceUID),
    StudyInstanceUID: agreed(
      'StudyInstanceUID',
      required('StudyInstanceUID', studyInstanceUID),
      announced.StudyInstanceUID,
    ),
    SeriesInstanceUID: required('SeriesInstanceUID', seriesInstanceUID),
  };
}

/** A data set without a SOP Class UID goes by the one that was announced. */
function withClass(read: ReadInstance, SOPClassUID: string): ReadInstance {
  return read.values.get(sopClassUID) ? read : { ...read, values: new Map(read.values).set(sopClassUID, SOPClassUID) };
}
