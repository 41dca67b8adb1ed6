/**
 * Answers an A-ASSOCIATE-RQ from what is served (PS3.8 7.1.1.13 and 9.3.3, PS3.7 Annex D.3.3).
 */
import { type Uid, isUid } from '../data/uid.ts';
import { implementationClassUID, implementationVersionName } from '../file/file-meta.ts';
import {
  type AnsweredContext,
  type AssociateAccept,
  type AssociateRequest,
  type ProposedContext,
  applicationContextName,
  contextResult,
} from './associate-pdu.ts';
import type { AcceptedContext, Agreement } from './agreement.ts';
import type { UpperLayerLimits } from './limits.ts';
import type { UserInformation } from './user-information.ts';
import { transferSyntaxes, transferSyntaxOf } from '../syntax/all.ts';
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

/** What one of our services takes part in. */
export interface Offer {
  abstractSyntaxes(abstractSyntax: string): boolean;
  /** Which of the transfer syntaxes that we know; without it, every one. */
  transferSyntaxes?(syntax: TransferSyntax): boolean;
  /** We can also be the SCU of these, on an association that the SCP requested (C-GET). */
  readonly asSCU?: boolean;
  /**
   * SOP class extended negotiation (PS3.7 D.3.3.5): what we agree to of the service class application information that
   * was asked for. Without it the item is not answered, which is to say that nothing of it is done.
   */
  extended?(abstractSyntax: string, asked: Buffer): Buffer;
}

/** What we have on offer, and what of it is for this requestor. */
export interface Offered {
  readonly offers: readonly Offer[];
  readonly limits: UpperLayerLimits;
  readonly allows?: (abstractSyntax: string) => boolean;
  readonly isIdentityVerified?: boolean;
}

/**
 * Answers each proposed context with one of its transfer syntaxes, or with why not (PS3.8 9.3.3.2), and the user information
 * with what we take of it (PS3.7 D.3.3). A request in which nothing is acceptable is accepted all the same, without contexts.
 * @returns the A-ASSOCIATE-AC to send, and what both sides have agreed on by it
 */
export function negotiate(
  request: AssociateRequest,
  { offers, limits, allows = () => true, isIdentityVerified = false }: Offered,
): { accept: AssociateAccept; agreement: Agreement } {
  const accepted = new Map<number, AcceptedContext>();
  const answers: AnsweredContext[] = [];
  const known = request.contexts.filter((context) =>
    context.transferSyntaxes.some((each) => transferSyntaxes.has(each)),
  );
  const comesAsKnown = new Set(known.map(({ abstractSyntax }) => abstractSyntax));
  for (const proposed of request.contexts) {
    const isToReceive = request.userInformation.roles.some(
      ({ sopClass, scp }) => scp && sopClass === proposed.abstractSyntax,
    );
    const answer = answerContext(proposed, {
      offers,
      allows,
      isToReceive,
      comesOtherwise: comesAsKnown.has(proposed.abstractSyntax),
    });
    answers.push(answer);
    if (answer.result === contextResult.acceptance && isUid(proposed.abstractSyntax) && isUid(answer.transferSyntax)) {
      const { id, abstractSyntax } = proposed;
      accepted.set(id, { id, abstractSyntax, transferSyntax: answer.transferSyntax, asSCU: false, asSCP: true });
    }
  }
  const roles = answerRoles(request.userInformation, accepted, offers);
  for (const context of accepted.values()) {
    const role = roles.find(({ sopClass }) => sopClass === context.abstractSyntax);
    if (role) accepted.set(context.id, { ...context, asSCU: role.scp, asSCP: role.scu });
  }
  const extended = answerExtended(request.userInformation, accepted, offers);
  for (const context of accepted.values()) {
    const agreed = extended.find(({ sopClass }) => sopClass === context.abstractSyntax);
    if (agreed) accepted.set(context.id, { ...context, extended: agreed.information });
  }
  const { operations, invocations } = atOnce(request.userInformation, limits);
  return {
    accept: {
      protocolVersion: 1,
      calledAETitle: request.calledAETitle,
      callingAETitle: request.callingAETitle,
      ...(request.named && { named: request.named }),
      applicationContext: applicationContextName,
      contexts: answers,
      userInformation: {
        maximumLength: limits.announcedPduBytes,
        implementationClassUID,
        implementationVersionName,
        ...(request.userInformation.asynchronousOperations && {
          asynchronousOperations: { invoked: operations, performed: invocations },
        }),
        roles,
        extended,
        commonExtended: [],
        // Of a name and a passcode there is nothing to say back (PS3.7 Table D.3-15).
        ...(isIdentityVerified &&
          request.userInformation.userIdentity?.positiveResponseRequested === true && {
            userIdentityResponse: Buffer.alloc(0),
          }),
      },
    },
    agreement: {
      contexts: accepted,
      maximumLength: request.userInformation.maximumLength,
      operations,
      invocations,
    },
  };
}

function answerContext(
  { id, abstractSyntax, transferSyntaxes: proposed }: ProposedContext,
  {
    offers,
    allows,
    isToReceive,
    comesOtherwise,
  }: {
    readonly offers: readonly Offer[];
    readonly allows: (abstractSyntax: string) => boolean;
    /** The requestor takes the SCP role: we send on this context. */
    readonly isToReceive: boolean;
    /** Some context offers the same in a transfer syntax that we know. */
    readonly comesOtherwise: boolean;
  },
) {
  const offer = isUid(abstractSyntax) ? offers.find((each) => each.abstractSyntaxes(abstractSyntax)) : undefined;
  if (!offer) return { id, result: contextResult.abstractSyntaxNotSupported, transferSyntax: echoed(proposed) };
  if (!allows(abstractSyntax)) return { id, result: contextResult.userRejection, transferSyntax: echoed(proposed) };
  const chosen =
    preferred(proposed, offer, isToReceive && offer.asSCU === true) ??
    (comesOtherwise ? undefined : foreign(proposed, offer));
  if (chosen === undefined)
    return { id, result: contextResult.transferSyntaxesNotSupported, transferSyntax: echoed(proposed) };
  return { id, result: contextResult.acceptance, transferSyntax: chosen };
}

/** With a refusal the transfer syntax means nothing (Table 9-18), but it has to be there and be a UID. */
function echoed(proposed: readonly string[]): Uid {
  return proposed.find(isUid) ?? implementationClassUID;
}

/** The one we like best; of equals the requestor's first. */
function preferred(proposed: readonly string[], offer: Offer, toSend: boolean): Uid | undefined {
  // What we cannot make of other syntaxes we can send only where an instance happens to be stored so.
  const rank = (syntax: TransferSyntax): number =>
    preference(syntax) + (toSend && !canBeMade(syntax) ? leastPreferred : 0);
  let best: TransferSyntax | undefined;
  for (const each of proposed) {
    const syntax = transferSyntaxes.get(each);
    if (syntax && offer.transferSyntaxes?.(syntax) === false) continue;
    if (syntax && (!best || rank(syntax) < rank(best))) best = syntax;
  }
  return best?.uid;
}

/** One that we do not know: an image that only its maker's workstation reads is better kept than lost. */
function foreign(proposed: readonly string[], offer: Offer): Uid | undefined {
  return proposed.filter(isUid).find((each) => offer.transferSyntaxes?.(transferSyntaxOf(each)) ?? true);
}

const leastPreferred = 7;

/** Of an instance in another syntax: little endian, or compressed without loss. */
function canBeMade({ encapsulated, deflated, bigEndian, decodeFrame, encodeFrame }: TransferSyntax): boolean {
  return encodeFrame !== undefined || (!encapsulated && !deflated && !bigEndian && decodeFrame !== undefined);
}

/**
 * The sender has the image in one syntax and converts it for the others: what every reader reads comes first, then what
 * is small and whole, then what is awkward; what loses pixels, for the sender may compress for our sake, or cannot be shown here
 * comes late, and what keeps the pixels elsewhere last.
 */
function preference(syntax: TransferSyntax): number {
  if (!syntax.encapsulated && !syntax.decodeFrame) return leastPreferred;
  if (syntax.lossy || !syntax.decodeFrame) return 6;
  if (syntax.bigEndian) return 5;
  if (syntax.deflated) return 4;
  if (!syntax.explicitVR) return 3;
  return syntax.encapsulated ? 2 : 1;
}

/** Zero in the request means no limit (PS3.7 D.3.3.3). */
function atOnce({ asynchronousOperations: asked }: UserInformation, limits: UpperLayerLimits) {
  if (!asked) return { operations: 1, invocations: 1 };
  return {
    operations: Math.min(asked.invoked || limits.operationsPerformed, limits.operationsPerformed),
    invocations: Math.min(asked.performed || limits.operationsInvoked, limits.operationsInvoked),
  };
}

/** One answer for each SOP class, to what was asked first; none for those that were not accepted (PS3.7 D.3.3.4). */
function answerRoles(
  { roles }: UserInformation,
  accepted: ReadonlyMap<number, AcceptedContext>,
  offers: readonly Offer[],
) {
  const unanswered = new Set<string>([...accepted.values()].map((context) => context.abstractSyntax));
  return roles
    .filter(({ sopClass }) => unanswered.delete(sopClass))
    .map(({ sopClass, scu, scp }) => ({
      sopClass,
      scu,
      scp: scp && offers.some((offer) => offer.asSCU === true && offer.abstractSyntaxes(sopClass)),
    }));
}

/** As with roles, and one answer for each SOP class. */
function answerExtended(
  { extended }: UserInformation,
  accepted: ReadonlyMap<number, AcceptedContext>,
  offers: readonly Offer[],
): UserInformation['extended'] {
  const answers = new Map<string, Buffer>();
  for (const { abstractSyntax } of accepted.values()) {
    const asked = extended.find(({ sopClass }) => sopClass === abstractSyntax);
    const offer = offers.find((each) => each.abstractSyntaxes(abstractSyntax));
    if (asked && offer?.extended) answers.set(abstractSyntax, offer.extended(abstractSyntax, asked.information));
  }
  return Array.from(answers, ([sopClass, information]) => ({ sopClass, information }));
}
