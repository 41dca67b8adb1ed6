/**
 * The acceptor's side of association establishment (PS3.8 7.1): decides about each A-ASSOCIATE-RQ of one connection.
 */
import { aeTitlePattern } from '../data/ae-title.ts';
import { type AssociateRequest, applicationContextName } from './associate-pdu.ts';
import type { Agreement } from './agreement.ts';
import { Association } from './association.ts';
import type { AssociationLost, AssociationUser } from './association-user.ts';
import { type UpperLayerLimits, takesTooLittle } from './limits.ts';
import { type Offer, negotiate } from './negotiate.ts';
import { type Rejection, rejections } from './pdu.ts';
import type { Transport } from './transport.ts';
import type { UserIdentity } from './user-information.ts';

/** Who asks for an association. */
export interface Calling {
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** Network address, IPv4 in its usual form. */
  readonly address: string;
  /** What it proposes to do, one for each presentation context. */
  readonly abstractSyntaxes: readonly string[];
  /** As sent; nobody has verified it. */
  readonly userIdentity?: UserIdentity;
  /** Common name of a TLS client certificate whose chain was verified. */
  readonly tlsSubject?: string;
  /** SHA-256 of a TLS client certificate in hexadecimal, verified or not. */
  readonly tlsFingerprint?: string;
  /** Why its chain was not verified, by the codes of OpenSSL, such as `CERT_HAS_EXPIRED`. */
  readonly tlsUntrusted?: string;
}

export type Admission<Caller> =
  | {
      readonly caller: Caller;
      /** Presentation contexts that are not allowed are refused by the user; without it all are. */
      readonly allows?: (abstractSyntax: string) => boolean;
      /** The user identity was verified: who asked for a positive response gets one (PS3.7 D.3.3.7.2). */
      readonly isIdentityVerified?: boolean;
    }
  | { readonly reject: Rejection };

export interface AcceptorOptions<Caller> {
  /** Another called AE title is rejected. */
  readonly aeTitle: string;
  readonly offers: readonly Offer[];
  readonly limits: UpperLayerLimits;
  /**
   * Decides who may call. It is asked only when all else is in order; an error is a transient rejection.
   * @param gone  aborts when nobody waits for the answer any more
   */
  readonly admit: (calling: Calling, gone: AbortSignal) => Promise<Admission<Caller>>;
  /** Whether this caller has no association yet: some places are kept for those. */
  readonly isFirst?: (caller: Caller) => boolean;
  /** Whether one more association of this caller would be too many. */
  readonly isFullFor?: (caller: Caller) => boolean;
  /** Gives the user of an association that is about to be accepted. */
  readonly established: (
    association: Association,
    agreement: Agreement,
    calling: Calling,
    caller: Caller,
  ) => AssociationUser;
  readonly rejected?: (calling: Calling, rejection: Rejection, cause?: unknown) => void;
  /** The connection ended before there was an association. */
  readonly failed?: (address: string, lost: AssociationLost | undefined) => void;
}

export function acceptAssociation<Caller>(
  transport: Transport,
  { address, tlsSubject, tlsFingerprint, tlsUntrusted, isFull, accepted }: Connection,
  options: AcceptorOptions<Caller>,
): Association {
  const gone = new AbortController();
  const association = new Association('acceptor', transport, options.limits, {
    requested: (request) => void answer(request),
    failed: (lost) => {
      gone.abort();
      options.failed?.(address, lost);
    },
  });
  return association;

  async function answer(request: AssociateRequest): Promise<void> {
    const { callingAETitle, calledAETitle, contexts, userInformation } = request;
    const { userIdentity } = userInformation;
    const calling: Calling = {
      callingAETitle,
      calledAETitle,
      address,
      abstractSyntaxes: contexts.map(({ abstractSyntax }) => abstractSyntax),
      ...(userIdentity && { userIdentity }),
      ...(tlsSubject !== undefined && { tlsSubject }),
      ...(tlsFingerprint !== undefined && { tlsFingerprint }),
      ...(tlsUntrusted !== undefined && { tlsUntrusted }),
    };
    let rejection: Rejection | undefined;
    let cause: unknown;
    try {
      rejection = await decide(request, calling);
    } catch (error) {
      if (gone.signal.aborted) return;
      rejection = 'temporary congestion';
      cause = error;
    }
    if (rejection === undefined) return;
    association.reject(rejections[rejection]);
    options.rejected?.(calling, rejection, cause);
  }

  /** Accepts, or says why not. */
  async function decide(request: AssociateRequest, calling: Calling): Promise<Rejection | undefined> {
    const wrong = whatIsWrong(request, options);
    if (wrong) return wrong;
    const admission = await options.admit(calling, gone.signal);
    if ('reject' in admission) return admission.reject;
    if (!association.isAwaitingAnswer) return undefined; // it was cut or aborted meanwhile
    const { caller } = admission;
    if (isFull(options.isFirst?.(caller) ?? false) || options.isFullFor?.(caller)) return 'local limit exceeded';
    const { accept, agreement } = negotiate(request, { ...options, ...admission });
    accepted();
    association.accept(accept, agreement, options.established(association, agreement, calling, caller));
    return undefined;
  }
}

export interface Connection extends Pick<Calling, 'address' | 'tlsSubject' | 'tlsFingerprint' | 'tlsUntrusted'> {
  /** Whether one more association would be too many. */
  readonly isFull: (isFirst: boolean) => boolean;
  /** It gets its association now. */
  readonly accepted: () => void;
}

/** Table 9-21, source 1. */
function whatIsWrong(
  { applicationContext, callingAETitle, calledAETitle, contexts, userInformation }: AssociateRequest,
  { aeTitle, limits }: { aeTitle: string; limits: UpperLayerLimits },
): Rejection | undefined {
  if (applicationContext !== applicationContextName) return 'application context name not supported';
  if (calledAETitle !== aeTitle) return 'called AE title not recognized';
  if (!aeTitlePattern.test(callingAETitle)) return 'calling AE title not recognized';
  if (contexts.length === 0) return 'no reason given';
  if (takesTooLittle(userInformation.maximumLength, limits)) return 'no reason given';
  return undefined;
}
