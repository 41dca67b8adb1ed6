/**
 * Query/Retrieve service class, C-MOVE (PS3.4 C.4.2): the instances go to a device of the registry, on associations that
 * we open.
 */
import type { ReachableDevice } from '#archive/peer-tls.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import { answering, retrieveExtensions } from '#archive/scp/extended-negotiation.ts';
import { informationModels, isForIdentifiers } from '#archive/scp/information-model.ts';
import type { InformationModel } from '#archive/scp/information-model.ts';
import { retrieval, retrieveStatus } from '#archive/scp/retrieval.ts';
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { planAssociations } from '#archive/scp/store-contexts.ts';
import type { PlannedAssociation } from '#archive/scp/store-contexts.ts';
import { sendInstances } from '#archive/scp/sub-operations.ts';
import { Tally } from '#archive/scp/tally.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { AssociationLost } from '#dicom/network/association.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { limits } from '#settings/limits.ts';

const models = new Map<string, InformationModel>(informationModels.map((model) => [model.move, model]));
const { connectMs, reconnections, endMs, pendingMs } = limits.retrieve;

export const move: Service<ServiceContext> = {
  name: 'Query/Retrieve: MOVE',
  abstractSyntaxes: (abstractSyntax) => models.has(abstractSyntax),
  transferSyntaxes: isForIdentifiers,
  extended: answering(retrieveExtensions),
  commands: { 'C-MOVE-RQ': moveInstances },
};

async function moveInstances(request: Request, context: ServiceContext): Promise<Answer> {
  const aeTitle = request.command.MoveDestination ?? '';
  const destination = await context.destination(aeTitle);
  if (!destination)
    return {
      status: retrieveStatus.destinationUnknown,
      errorComment: 'move destination is not in the device registry',
    };
  const model = models.get(request.abstractSyntax) as InformationModel;
  return retrieval(request, context, { model, door: 'C-MOVE', destination: aeTitle }, async (instances) => {
    const tally = new Tally(request, instances.length);
    const saying = setInterval(() => void tally.progress(), pendingMs);
    try {
      if (instances.length > 0) await tally.progress();
      for (const planned of planAssociations(instances)) await deliver(planned, destination, tally, request, context);
    } finally {
      clearInterval(saying);
    }
    tally.log(context.parts.log, { door: 'C-MOVE', callingAETitle: context.callingAETitle, destination: aeTitle });
    return tally.answer();
  });
}

/** Sends the instances of one association; where the destination ends it, the rest over another one. */
async function deliver(
  { contexts, instances }: PlannedAssociation,
  destination: ReachableDevice,
  tally: Tally,
  request: Request,
  { aeTitle, callingAETitle, parts, deviceFailed }: ServiceContext,
): Promise<void> {
  const { signal, command } = request;
  let left: readonly RetrievedInstance[] = instances;
  let whyNot = '';
  for (let tried = 0; left.length > 0 && tried <= reconnections && !signal.aborted; tried++) {
    let exchange: Exchange<undefined>;
    try {
      exchange = await connectExchange({
        host: destination.host,
        port: destination.port,
        ...(destination.tls && { tls: destination.tls }),
        callingAETitle: aeTitle,
        calledAETitle: destination.aeTitle,
        contexts,
        limits: { ...upperLayerLimits, ...limits.dimse, artimMs: connectMs },
      });
    } catch (error) {
      whyNot = whyNoAssociation(error);
      deviceFailed(destination.device, `C-MOVE: ${whyNot}`);
      break;
    }
    const stop = stopWith(exchange, signal);
    try {
      const sent = await sendInstances(left, {
        peer: exchange,
        tally,
        parts,
        signal,
        command: {
          Priority: command.Priority ?? 0,
          MoveOriginatorApplicationEntityTitle: callingAETitle,
          ...(command.MessageID !== undefined && { MoveOriginatorMessageID: command.MessageID }),
        },
      });
      left = left.slice(sent);
      await release(exchange);
    } finally {
      stop();
    }
    whyNot = 'the destination ends every association';
  }
  if (!signal.aborted) for (const instance of left) tally.failed(instance, whyNot);
}

/** Ends the association soon after C-CANCEL, and at once when the requestor is gone. @returns what takes that back */
function stopWith(exchange: Exchange<undefined>, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    const isLost = signal.reason instanceof AssociationLost;
    timer = setTimeout(() => exchange.abort('the request was cancelled'), isLost ? 0 : endMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return () => {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  };
}

/** All answers are there: how it ends changes nothing. */
async function release(exchange: Exchange<undefined>): Promise<void> {
  const tooLong = setTimeout(() => exchange.abort('no release in time'), endMs);
  try {
    await exchange.release();
  } catch (error) {
    if (!(error instanceof AssociationLost)) throw error;
  } finally {
    clearTimeout(tooLong);
  }
}

/** @throws what is no reason */
function whyNoAssociation(error: unknown): string {
  if (error instanceof AssociationRejected) return `destination ${error.message}`;
  if (!(error instanceof AssociationLost)) throw error;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return `destination: ${error.message}${code === undefined ? '' : ` (${code})`}`;
}
