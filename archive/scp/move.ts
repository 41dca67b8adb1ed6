/**
 * Query/Retrieve service class, C-MOVE (PS3.4 C.4.2): the instances go to a device of the registry, on associations that
 * we open.
 */
import type { ReachableDevice } from '#access/peer-tls.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { limits } from '#settings/limits.ts';
import { deliver } from '../deliver.ts';
import { answering, retrieveExtensions } from './extended-negotiation.ts';
import { informationModels, isForIdentifiers } from './information-model.ts';
import type { InformationModel } from './information-model.ts';
import { refusal, retrieval, retrieveStatus } from './retrieval.ts';
import type { ServiceContext } from './service-context.ts';
import { Tally } from './tally.ts';

const models = new Map<string, InformationModel>(informationModels.map((model) => [model.move, model]));
const { pendingMs } = limits.retrieve;

export const move: Service<ServiceContext> = {
  name: 'Query/Retrieve: MOVE',
  abstractSyntaxes: (abstractSyntax) => models.has(abstractSyntax),
  transferSyntaxes: isForIdentifiers,
  extended: answering(retrieveExtensions),
  commands: { 'C-MOVE-RQ': moveInstances },
};

async function moveInstances(request: Request, context: ServiceContext): Promise<Answer> {
  const { command } = request;
  let destination: ReachableDevice | undefined;
  try {
    destination = await context.moveDestination(command.MoveDestination ?? '', context.caller);
  } catch (error) {
    return refusal(error);
  }
  if (!destination)
    return {
      status: retrieveStatus.destinationUnknown,
      errorComment: 'move destination is not in the device registry',
    };
  const model = models.get(request.abstractSyntax) as InformationModel;
  return retrieval(request, context, { model, door: 'C-MOVE', destination }, async (found) => {
    const tally = new Tally(request, found);
    const saying = setInterval(() => void tally.progress(), pendingMs);
    try {
      if (found.total > 0) await tally.progress();
      await deliver(found, {
        destination,
        aeTitle: context.aeTitle,
        account: tally,
        deviceFailed: (why) => context.deviceFailed(destination.device, { ...why, operation: 'C-MOVE' }),
        parts: context.parts,
        signal: request.signal,
        command: {
          Priority: command.Priority ?? 0,
          MoveOriginatorApplicationEntityTitle: context.callingAETitle,
          ...(command.MessageID !== undefined && { MoveOriginatorMessageID: command.MessageID }),
        },
      });
    } finally {
      clearInterval(saying);
    }
    tally.log(context.parts.log, {
      door: 'C-MOVE',
      callingAETitle: context.callingAETitle,
      destination: destination.aeTitle,
    });
    return tally.answer();
  });
}
