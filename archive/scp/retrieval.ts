/**
 * What C-GET and C-MOVE share (PS3.4 C.4.2, C.4.3): from the identifier to the instances, and every refusal on the way.
 */
import { Problem, problems } from '#archive/problems.ts';
import { isRelationalRetrieval } from '#archive/scp/extended-negotiation.ts';
import { BadIdentifier } from '#archive/scp/identifier.ts';
import { readIdentifierDataset } from '#archive/scp/identifier-dataset.ts';
import type { InformationModel } from '#archive/scp/information-model.ts';
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { readUniqueKeys } from '#archive/scp/unique-keys.ts';
import { retrieveByKeys } from '#archive/retrieve.ts';
import type { FoundInstances } from '#archive/found-instances.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import type { Answer, Request } from '#dicom/dimse/service.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { isDatabaseGone } from '#index/database.ts';
import { IndexUnavailable } from '#index/patience.ts';
import { limits } from '#settings/limits.ts';

/** Table C.4-2. */
export const retrieveStatus = {
  tooManyMatches: problems.tooManyInstances.dimse,
  unableToPerform: 0xa702,
  destinationUnknown: 0xa801,
  doesNotMatch: problems.doesNotMatchSOPClass.dimse,
  someFailed: 0xb000,
} as const;

let underway = 0;
/** Of those, by the AE title that they go to: a destination that is slow may not take every place. */
const underwayTo = new Map<string, number>();

/**
 * Finds what a request asks for, and answers with what `perform` makes of it.
 * @param perform sends the instances, and gives the last response
 */
export async function retrieval(
  request: Request,
  { caller, parts }: ServiceContext,
  { model, ...to }: { model: InformationModel; door: 'C-GET' | 'C-MOVE'; destination?: string },
  perform: (found: FoundInstances<RetrievedInstance>) => Promise<Answer>,
): Promise<Answer> {
  const { destination } = to;
  const toDestination = destination === undefined ? 0 : (underwayTo.get(destination) ?? 0);
  if (underway >= limits.retrieve.atOnce)
    return { status: retrieveStatus.unableToPerform, errorComment: 'too many retrievals at this moment' };
  if (toDestination >= limits.retrieve.atOncePerDestination)
    return {
      status: retrieveStatus.unableToPerform,
      errorComment: 'too many moves to this destination at this moment',
    };
  underway++;
  count(destination, 1);
  try {
    const identifier = await readIdentifierDataset(request, limits.retrieve);
    const keys = readUniqueKeys(identifier, model, isRelationalRetrieval(request.extended));
    return await perform(await retrieveByKeys(keys, { caller, ...to }, [], parts));
  } catch (error) {
    return refusal(error);
  } finally {
    underway--;
    count(destination, -1);
  }
}

function count(destination: string | undefined, change: 1 | -1): void {
  if (destination === undefined) return;
  const now = (underwayTo.get(destination) ?? 0) + change;
  if (now > 0) underwayTo.set(destination, now);
  else underwayTo.delete(destination);
}

/** @throws what is no answer */
function refusal(error: unknown): Answer {
  if (error instanceof BadIdentifier)
    return {
      status: retrieveStatus.doesNotMatch,
      errorComment: error.message,
      offendingElement: [error.offendingElement],
    };
  if (error instanceof BadDataset)
    return { status: problems.cannotUnderstand.dimse, errorComment: error.message, offendingElement: [error.tag] };
  if (isDatabaseGone(error) || error instanceof IndexUnavailable)
    return { status: retrieveStatus.unableToPerform, errorComment: 'the database does not answer' };
  if (!(error instanceof Problem)) throw error;
  return { status: error.dimseStatus, errorComment: error.message };
}
