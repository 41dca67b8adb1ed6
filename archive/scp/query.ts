/** Query/Retrieve service class, C-FIND (PS3.4 C.4.1): the identifier becomes a query of `search`, each match a pending response. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { writingFor } from '#dicom/data/identifier-answer.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Query } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import { nextTurnOfCaller } from '#settings/turn-of-caller.ts';
import { answering, findBehaviour, findExtensions } from './extended-negotiation.ts';
import { answerWriter } from './found-identifier.ts';
import { readIdentifier } from './identifier.ts';
import type { Identifier } from './identifier.ts';
import { readIdentifierDataset } from './identifier-dataset.ts';
import { informationModels, isForIdentifiers } from './information-model.ts';
import type { InformationModel } from './information-model.ts';
import { findRefusalOf } from './refusal.ts';
import type { ServiceContext } from './service-context.ts';
import { search } from '../search.ts';

/** So many matches are sent before other callers have a turn, and a C-CANCEL is heard. */
const matchesAtOnce = 16;

const models = new Map<string, InformationModel>(informationModels.map((model) => [model.find, model]));

export const query: Service<ServiceContext> = {
  name: 'Query/Retrieve: FIND',
  abstractSyntaxes: (abstractSyntax) => models.has(abstractSyntax),
  transferSyntaxes: isForIdentifiers,
  extended: answering(findExtensions),
  commands: { 'C-FIND-RQ': find },
};

async function find(request: Request, context: ServiceContext): Promise<Answer> {
  const model = models.get(request.abstractSyntax) as InformationModel;
  const syntax = transferSyntaxOf(request.transferSyntax);
  try {
    const dataset = await readIdentifierDataset(request, limits.search, context.caller.characterSet);
    const identifier = readIdentifier(dataset, model, findBehaviour(request.extended));
    await sendMatches(request, context, identifier, dataset, syntax);
  } catch (error) {
    if (request.signal.aborted) return { status: status.cancel };
    return findRefusalOf(error);
  }
  return { status: request.signal.aborted ? status.cancel : status.success };
}

async function sendMatches(
  request: Request,
  { caller, aeTitle, siteTimeZone: site, parts }: ServiceContext,
  identifier: Identifier,
  { characterSet }: Dataset,
  syntax: TransferSyntax,
): Promise<void> {
  const { queryLevel, matches, empty, returned, areAllSupported, timezone: offset } = identifier;
  const { combinedDateTime, fuzzyNames, everyValue } = findBehaviour(request.extended);
  const writing = writingFor(characterSet, caller.characterSet);
  const write = answerWriter({ identifier, retrieveAETitle: aeTitle, writing, syntax });
  const asked: Query = {
    level: queryLevel.level,
    matches,
    empty,
    combinedDateTime,
    fuzzyNames,
    everyValue,
    ...(offset !== undefined && { timezone: { offset, site } }),
    returned: returned
      .flatMap(({ attribute, items = [] }) => [attribute, ...items.map((item) => item.attribute)])
      .filter((attribute) => attribute !== undefined),
  };
  const pending = areAllSupported ? status.pending : status.pendingWithUnsupportedKeys;
  let sent = 0;
  for await (const rows of search(asked, { caller, door: 'C-FIND', signal: request.signal }, parts)) {
    for (const row of rows) {
      await request.pending({ status: pending, identifier: write(row) });
      if (++sent % matchesAtOnce === 0) await nextTurnOfCaller();
      if (request.signal.aborted) return;
    }
  }
}
