/** Query/Retrieve service class, C-GET (PS3.4 C.4.3): the instances go to the requestor, on its own association. */
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { answering, retrieveExtensions } from './extended-negotiation.ts';
import { informationModels, isForIdentifiers } from './information-model.ts';
import type { InformationModel } from './information-model.ts';
import { retrieval } from './retrieval.ts';
import type { ServiceContext } from './service-context.ts';
import { sendInstances } from './sub-operations.ts';
import { Tally } from './tally.ts';

const models = new Map<string, InformationModel>(informationModels.map((model) => [model.get, model]));

export const get: Service<ServiceContext> = {
  name: 'Query/Retrieve: GET',
  abstractSyntaxes: (abstractSyntax) => models.has(abstractSyntax),
  transferSyntaxes: isForIdentifiers,
  extended: answering(retrieveExtensions),
  commands: { 'C-GET-RQ': getInstances },
};

function getInstances(request: Request, context: ServiceContext): Promise<Answer> {
  const { command, signal, peer, abstractSyntax } = request;
  const { parts, callingAETitle } = context;
  const model = models.get(abstractSyntax) as InformationModel;
  return retrieval(request, context, { model, door: 'C-GET' }, async (found) => {
    const tally = new Tally(request, found);
    const { Priority = 0 } = command;
    if (found.total > 0) await tally.progress();
    await sendInstances(found.inOrder(), { peer, account: tally, parts, signal, command: { Priority } });
    tally.log(parts.log, { door: 'C-GET', callingAETitle });
    return tally.answer();
  });
}
