/**
 * Answers an A-ASSOCIATE-RQ from what is served (PS3.8 7.1.1.13 and 9.3.3, PS3.7 Annex D.3.3).
 */
import { type Uid, isUid } from '#dicom/data/uid.ts';
import { implementationClassUID, implementationVersionName } from '#dicom/file/file-meta.ts';
import {
  type AnsweredContext,
  type AssociateAccept,
  type AssociateRequest,
  type ProposedContext,
  applicationContextName,
  contextResult,
} from '#dicom/network/associate-pdu.ts';
import type { AcceptedContext, Agreement } from '#dicom/network/association.ts';
import type { UpperLayerLimits } from '#dicom/network/limits.ts';
import type { UserInformation } from '#dicom/network/user-information.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

/** What one of our services takes part in. */
export interface Offer {
  abstractSyntaxes(abstractSyntax: string): boolean;
  /** We can also be the SCU of these, on an association that the SCP requested (C-GET). */
  readonly asSCU?: boolean;
}

export function negotiate(
  request: AssociateRequest,
  { offers, limits }: { offers: readonly Offer[]; limits: UpperLayerLimits },
): { accept: AssociateAccept; agreement: Agreement } {
  const accepted = new Map<number, AcceptedContext>();
  const answers: AnsweredContext[] = [];
  for (const proposed of request.contexts) {
    const answer = answerContext(proposed, offers);
    answers.push(answer);
    if (answer.result === contextResult.acceptance && isUid(proposed.abstractSyntax) && isUid(answer.transferSyntax)) {
      const { id, abstractSyntax } = proposed;
      accepted.set(id, { id, abstractSyntax, transferSyntax: answer.transferSyntax });
    }
  }
  const operations = operationsAtOnce(request.userInformation, limits);
  return {
    accept: {
      protocolVersion: 1,
      calledAETitle: request.calledAETitle,
      callingAETitle: request.callingAETitle,
      applicationContext: applicationContextName,
      contexts: answers,
      userInformation: {
        maximumLength: limits.announcedPduBytes,
        implementationClassUID,
        implementationVersionName,
        ...(request.userInformation.asynchronousOperations && {
          asynchronousOperations: { invoked: operations, performed: 1 },
        }),
        roles: answerRoles(request.userInformation, accepted, offers),
        extended: [],
        commonExtended: [],
      },
    },
    agreement: { contexts: accepted, maximumLength: request.userInformation.maximumLength, operations },
  };
}

function answerContext({ id, abstractSyntax, transferSyntaxes: proposed }: ProposedContext, offers: readonly Offer[]) {
  if (!isUid(abstractSyntax) || !offers.some((offer) => offer.abstractSyntaxes(abstractSyntax)))
    return { id, result: contextResult.abstractSyntaxNotSupported, transferSyntax: echoed(proposed) };
  const chosen = preferred(proposed);
  if (chosen === undefined)
    return { id, result: contextResult.transferSyntaxesNotSupported, transferSyntax: echoed(proposed) };
  return { id, result: contextResult.acceptance, transferSyntax: chosen };
}

/** With a refusal the transfer syntax means nothing (Table 9-18), but it has to be there and be a UID. */
function echoed(proposed: readonly string[]): Uid {
  return proposed.find(isUid) ?? implementationClassUID;
}

/** The one we like best; of equals the requestor's first. */
function preferred(proposed: readonly string[]): Uid | undefined {
  let best: TransferSyntax | undefined;
  for (const each of proposed) {
    const syntax = transferSyntaxes.get(each);
    if (syntax && (!best || preference(syntax) < preference(best))) best = syntax;
  }
  return best?.uid;
}

/**
 * The sender has the image in one syntax and converts it for the others: what every reader reads comes first, then what
 * is small and whole, then what is awkward; what loses pixels comes last, for the sender may compress for our sake.
 */
function preference(syntax: TransferSyntax): number {
  if (syntax.lossy) return 6;
  if (syntax.bigEndian) return 5;
  if (syntax.deflated) return 4;
  if (!syntax.explicitVR) return 3;
  return syntax.encapsulated ? 2 : 1;
}

/** Zero in the request means no limit (PS3.7 D.3.3.3). */
function operationsAtOnce({ asynchronousOperations }: UserInformation, limits: UpperLayerLimits): number {
  if (!asynchronousOperations) return 1;
  return Math.min(asynchronousOperations.invoked || limits.operationsPerformed, limits.operationsPerformed);
}

/** Roles for SOP classes that were not accepted are not answered (PS3.7 D.3.3.4). */
function answerRoles(
  { roles }: UserInformation,
  accepted: ReadonlyMap<number, AcceptedContext>,
  offers: readonly Offer[],
) {
  const sopClasses = new Set<string>([...accepted.values()].map((context) => context.abstractSyntax));
  return roles
    .filter(({ sopClass }) => sopClasses.has(sopClass))
    .map(({ sopClass, scu, scp }) => ({
      sopClass,
      scu,
      scp: scp && offers.some((offer) => offer.asSCU === true && offer.abstractSyntaxes(sopClass)),
    }));
}
