/**
 * STOW-RS (PS3.18 Section 10.5): any number of instances in one request, of any size, each streamed into `ingest` as it
 * arrives. While one part is still being made durable the next is already read.
 */
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import { choose, parseMediaType } from '#dicom/web/media-types.ts';
import { BadMultipart, readMultipart } from '#dicom/web/multipart-reader.ts';
import { nativeModelXml } from '#dicom/web/native-model-xml.ts';
import { isDatabaseGone } from '#index/database.ts';
import { patiently } from '#index/patience.ts';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';
import { acceptedBy } from './negotiate.ts';
import { PartBody } from './part-body.ts';
import { problemOf, stopLongBody } from '../http/answer-problem.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import type { Ingest, Ingested } from '../ingest.ts';
import { Problem } from '../problems.ts';
import { refuse } from '../settle.ts';

export interface StoreParts {
  readonly ingest: Ingest;
  readonly log: Log;
  /** What every address in an answer begins with. */
  readonly baseUrl: string;
}

/** Parts of one request that may be on their way to the disk at the same time. */
const partsInFlight = 16;
/** Small parts arrive by the hundred in one piece: after so many, others have a turn. */
const partsAtOnce = 16;

interface Outcome {
  readonly stored: Ingested[];
  readonly failed: Failed[];
  /** Failures beyond those that are listed. */
  unlisted: number;
  /** Of those that failed, parts in which no data set began. */
  strange: number;
  /** There were too many of them: what follows was passed over. */
  isCut: boolean;
}

interface Failed {
  readonly problem: Problem;
  readonly SOPClassUID: string | undefined;
  readonly SOPInstanceUID: string | undefined;
}

const json = 'application/dicom+json';
const xml = 'application/dicom+xml';
/** Of the status report (Annex I.2). */
const offers = [json, 'application/json', xml].map((type) => ({ type, answers: ['', '*'] }));

export function storeResources(parts: StoreParts): Resource[] {
  return ['/studies', '/studies/:StudyInstanceUID'].map((path) => ({
    method: 'post' as const,
    path,
    right: 'store' as const,
    handle: async (request, response, signal) => {
      const choice = choose(acceptedBy(request), offers);
      if (!choice) throw new Problem('notAcceptable', `the answer to a store request is ${json} or ${xml}`);
      const study = request.params['StudyInstanceUID'];
      if (study !== undefined && !(typeof study === 'string' && isUid(study)))
        throw new Problem('badRequest', 'the study in the address is not a UID');
      const outcome: Outcome = { stored: [], failed: [], unlisted: 0, strange: 0, isCut: false };
      await takeAll(request, study, parts, outcome, signal);
      const { stored, failed, unlisted, isCut } = outcome;
      const first = failed.find(({ problem }) => problem.retryAfterSeconds !== undefined)?.problem;
      if (stored.length === 0 && first?.retryAfterSeconds) response.set('Retry-After', String(first.retryAfterSeconds));
      const warnings = unlisted > 0 ? [`${unlisted} more parts failed`] : [];
      if (isCut)
        warnings.push(`what follows ${limits.http.partsWithoutInstance} parts without an instance was not read`);
      if (warnings.length > 0) response.set('Warning', warnings.map((text) => `299 lightbox "${text}"`).join(', '));
      const report = answer(stored, failed, parts.baseUrl);
      const isXml = choice.offer.type === xml;
      const text = isXml
        ? [...nativeModelXml(fromDicomJson(report, { sequenceDepth: 1 }))].join('')
        : JSON.stringify(report);
      response
        .status(statusOf(stored, failed))
        // As bytes: to a text Express adds a charset, which the type does not have and exact clients do not know.
        .set('Content-Type', isXml ? xml : json)
        .send(Buffer.from(text));
      if (isCut) stopLongBody(request, response);
    },
  }));
}

async function takeAll(
  request: CallerRequest,
  study: string | undefined,
  parts: StoreParts,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const { stored, failed } = outcome;
  const inFlight = new Set<Promise<void>>();
  const sender = senderOf(request, parts.log);
  let taken = 0;
  try {
    for await (const body of bodies(request)) {
      if (signal.aborted) return;
      if (outcome.strange >= limits.http.partsWithoutInstance) {
        outcome.isCut = true;
        break;
      }
      if (++taken % partsAtOnce === 0) await setImmediate();
      const one = new PartBody(body);
      const done = takeOne(one, sender, study, parts).then(
        (ingested) => void stored.push(ingested),
        (failure: unknown) => {
          if (!(failure instanceof NotKept)) outcome.strange++;
          if (failed.length < limits.http.failuresListed) failed.push(failureOf(failure, parts.log));
          else outcome.unlisted++;
        },
      );
      inFlight.add(done);
      void done.then(() => inFlight.delete(done));
      await Promise.race([one.consumed, done]);
      await one.drain();
      if (inFlight.size >= partsInFlight) await Promise.race(inFlight);
    }
  } catch (error) {
    if (!(error instanceof BadMultipart)) throw error;
    await Promise.all(inFlight);
    if (stored.length + failed.length === 0)
      throw new Problem('badRequest', `not multipart/related: ${error.message}`, { cause: error });
    // Who sent more than came whole must not read from the answer that all is well.
    if (failed.length === 0) failed.push(failureOf(error, parts.log));
  }
  await Promise.all(inFlight);
  if (stored.length + failed.length === 0) throw new Problem('badRequest', 'the request holds no instance');
}

/** The bodies of the request's parts; of a request that is one instance, its own. */
async function* bodies(request: CallerRequest): AsyncGenerator<Readable> {
  // Names of codings have no case (RFC 9110 Section 8.4.1).
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new Problem('unsupportedMediaType', 'compressed requests are not taken');
  const { type, parameters } = parseMediaType(request.headers['content-type'] ?? '');
  if (type === 'application/dicom') {
    yield request;
    return;
  }
  if (type !== 'multipart/related')
    throw new Problem('unsupportedMediaType', 'instances come as multipart/related; type="application/dicom"');
  const of = parameters.get('type')?.toLowerCase() ?? 'application/dicom';
  if (of !== 'application/dicom')
    throw new Problem('unsupportedMediaType', `parts of ${of.slice(0, 40)} are not taken, application/dicom is`);
  for await (const part of readMultipart(request, parameters.get('boundary') ?? '', limits.http)) yield part.body;
}

/**
 * Who sends, by the time that a part begins: an upload takes hours, and whoever has been signed out or has lost the right meanwhile
 * stores nothing more. Asked no more once the answer is nobody: what has become a wrong password would count as guesses. Where it
 * cannot be asked now, as patient as the ingest, and with its answer: a restart of PostgreSQL costs no part of an upload.
 */
function senderOf(request: CallerRequest, log: Log): () => Promise<Caller> {
  let gone = false;
  return async () => {
    const now = gone ? undefined : await patiently(() => request.callerNow().catch(asProblem)).catch(refuse);
    if (now instanceof Problem) throw now.code === 'processingFailure' ? now.cause : now;
    if (now) return { ...request.caller, rights: now.rights, scope: now.scope };
    if (!gone) recordAccess(log, { caller: request.caller, action: 'refused' });
    gone = true;
    throw new Problem('notLoggedIn', 'signed out while this was sent');
  };
}

/** What patience does not help: passwords that are busy, or guessed too often. */
function asProblem(error: unknown): Problem {
  if (isDatabaseGone(error)) throw error;
  return problemOf(error);
}

async function takeOne(
  body: PartBody,
  sender: () => Promise<Caller>,
  study: string | undefined,
  { ingest }: StoreParts,
): Promise<Ingested> {
  const file = await openPart10(body);
  if (!isUid(file.transferSyntaxUID))
    throw new Problem('cannotUnderstand', 'Transfer Syntax UID (0002,0010) is not a UID');
  const { MediaStorageSOPClassUID, MediaStorageSOPInstanceUID } = file;
  try {
    return await ingest(
      {
        transferSyntaxUID: file.transferSyntaxUID,
        dataset: file.dataset,
        // The data set decides what it is; meta information that says otherwise is a fault of the file, not of the image.
        announced: { ...(study !== undefined && { StudyInstanceUID: study }) },
        door: 'STOW-RS',
      },
      await sender(),
    );
  } catch (cause) {
    throw new NotKept(cause, MediaStorageSOPClassUID, MediaStorageSOPInstanceUID);
  }
}

/** A failure together with what the part's meta information called the instance. */
class NotKept extends Error {
  override name = 'NotKept';
  readonly SOPClassUID: string | undefined;
  readonly SOPInstanceUID: string | undefined;
  constructor(cause: unknown, SOPClassUID: string | undefined, SOPInstanceUID: string | undefined) {
    super('not kept', { cause });
    this.SOPClassUID = SOPClassUID;
    this.SOPInstanceUID = SOPInstanceUID;
  }
}

function failureOf(failure: unknown, log: Log): Failed {
  const named = failure instanceof NotKept ? failure : undefined;
  const cause = named ? named.cause : failure;
  let problem: Problem;
  if (cause instanceof Problem) problem = cause;
  else if (cause instanceof BadDataset) problem = new Problem('cannotUnderstand', cause.message, { cause });
  else if (cause instanceof BadMultipart) problem = new Problem('cannotUnderstand', cause.message, { cause });
  else {
    log.error({ err: cause }, 'an instance could not be kept');
    problem = new Problem('processingFailure', 'the archive failed to keep it', { cause });
  }
  return { problem, SOPClassUID: named?.SOPClassUID, SOPInstanceUID: named?.SOPInstanceUID };
}

/** PS3.18 Table 10.5.3-1: 200 all, 202 some, 409 none; of none 503 where another time some may be kept. */
function statusOf(stored: readonly Ingested[], failed: readonly Failed[]): number {
  if (failed.length === 0) return 200;
  if (stored.length > 0) return 202;
  const later = failed.find(({ problem }) => problem.retryAfterSeconds !== undefined);
  if (later) return later.problem.httpStatus;
  const statuses = new Set(failed.map(({ problem }) => problem.httpStatus));
  return statuses.size === 1 ? ([...statuses][0] as number) : 409;
}

/**
 * Store Instances Response Module (PS3.18 Table I.1-1). A failure of a part that names no instance is one of Other Failures Sequence.
 * It stands in Failed SOP Sequence too, without the UIDs that an item has there (PS3.3 Table 10-11): a sender that knows only that
 * sequence, as most do, must not take what was refused for kept.
 */
function answer(stored: readonly Ingested[], failed: readonly Failed[], baseUrl: string): DicomJson {
  const text = (vr: string, value: string | undefined) => (value === undefined ? { vr } : { vr, Value: [value] });
  const json: DicomJson = {};
  const studies = new Set(stored.map(({ StudyInstanceUID }) => StudyInstanceUID));
  if (studies.size === 1) json['00081190'] = text('UR', `${baseUrl}/studies/${[...studies][0]}`);
  const reason = ({ problem }: Failed) => ({ '00081197': { vr: 'US', Value: [problem.dimseStatus] } });
  if (failed.length > 0) {
    json['00081198'] = {
      vr: 'SQ',
      Value: failed.map((each) => ({
        '00081150': text('UI', each.SOPClassUID),
        '00081155': text('UI', each.SOPInstanceUID),
        ...reason(each),
      })),
    };
  }
  const others = failed.filter(({ SOPInstanceUID }) => SOPInstanceUID === undefined);
  if (others.length > 0) json['0008119A'] = { vr: 'SQ', Value: others.map(reason) };
  if (stored.length > 0) {
    json['00081199'] = {
      vr: 'SQ',
      Value: stored.map((each) => ({
        '00081150': text('UI', each.SOPClassUID),
        '00081155': text('UI', each.SOPInstanceUID),
        '00081190': text(
          'UR',
          `${baseUrl}/studies/${each.StudyInstanceUID}/series/${each.SeriesInstanceUID}/instances/${each.SOPInstanceUID}`,
        ),
      })),
    };
  }
  return json;
}
