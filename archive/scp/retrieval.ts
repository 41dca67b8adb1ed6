/**
 * What C-GET and C-MOVE share (PS3.4 C.4.2, C.4.3): from the identifier to the instances, and every refusal on the way.
 */
import { callerKey } from '#access/caller.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import type { Answer, Request } from '#dicom/dimse/service.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { isDatabaseGone } from '#index/database.ts';
import { IndexUnavailable } from '#index/patience.ts';
import { limits } from '#settings/limits.ts';
import { Problem, problems } from '../problems.ts';
import { isRelationalRetrieval } from './extended-negotiation.ts';
import { BadIdentifier } from './identifier.ts';
import { readIdentifierDataset } from './identifier-dataset.ts';
import type { InformationModel } from './information-model.ts';
import { RetrievalPlaces } from './retrieval-places.ts';
import type { ServiceContext } from './service-context.ts';
import { readUniqueKeys } from './unique-keys.ts';
import { retrieveByKeys } from '../retrieve.ts';
import type { FoundInstances } from '../found-instances.ts';
import type { RetrievedInstance } from '../retrieve.ts';

/** Table C.4-2. */
export const retrieveStatus = {
  tooManyMatches: problems.tooManyInstances.dimse,
  unableToPerform: 0xa702,
  destinationUnknown: 0xa801,
  doesNotMatch: problems.doesNotMatchSOPClass.dimse,
  someFailed: 0xb000,
} as const;

/** Where a C-MOVE goes. */
type RegisteredPlace = Pick<ReachableDevice, 'device' | 'aeTitle'>;

const places = new RetrievalPlaces();

/**
 * Finds what a request asks for, and answers with what `perform` makes of it.
 * @param perform sends the instances, and gives the last response
 */
export async function retrieval(
  request: Request,
  { caller, parts }: ServiceContext,
  { model, destination, ...of }: { model: InformationModel; door: 'C-GET' | 'C-MOVE'; destination?: RegisteredPlace },
  perform: (found: FoundInstances<RetrievedInstance>) => Promise<Answer>,
): Promise<Answer> {
  const free = places.take(callerKey(caller), destination?.device);
  if (typeof free === 'string') return { status: retrieveStatus.unableToPerform, errorComment: free };
  try {
    const identifier = await readIdentifierDataset(request, limits.retrieve, caller.characterSet);
    const keys = readUniqueKeys(identifier, model, isRelationalRetrieval(request.extended));
    return await perform(
      await retrieveByKeys(
        keys,
        { caller, ...of, ...(destination && { destination: destination.aeTitle }) },
        [],
        parts,
      ),
    );
  } catch (error) {
    return refusal(error);
  } finally {
    free();
  }
}

/** @throws what is no answer */
export function refusal(error: unknown): Answer {
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
