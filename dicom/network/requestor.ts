/**
 * The requestor's side of association establishment (PS3.8 7.1).
 */
import { connect } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';

import { isUid } from '../data/uid.ts';
import { implementationClassUID, implementationVersionName } from '../file/file-meta.ts';
import { type AssociateAccept, type ProposedContext, applicationContextName, contextResult } from './associate-pdu.ts';
import type { AcceptedContext, Agreement } from './agreement.ts';
import { Association } from './association.ts';
import { AssociationLost, type AssociationUser } from './association-user.ts';
import { type UpperLayerLimits, takesTooLittle, upperLayerLimits } from './limits.ts';
import { type AssociateReject, rejectionText } from './pdu.ts';
import type { SecureConnection } from './secure.ts';
import { ordinaryTransport } from './transport.ts';
import type { UserInformation } from './user-information.ts';

export interface AssociationRequest {
  readonly host: string;
  readonly port: number;
  /** As `requestorConnection` makes it. */
  readonly tls?: SecureConnection;
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** At most 128; their IDs are given here. */
  readonly contexts: readonly Omit<ProposedContext, 'id'>[];
  readonly limits?: UpperLayerLimits;
  readonly userInformation?: Partial<UserInformation>;
  /** Nobody wants it any more, while it is not there yet. */
  readonly signal?: AbortSignal;
}

/** A-ASSOCIATE-RJ (Table 9-21). */
export class AssociationRejected extends Error {
  override name = 'AssociationRejected';
  readonly rejection: AssociateReject;

  constructor(rejection: AssociateReject) {
    super(`rejected: ${rejectionText(rejection)}`);
    this.rejection = rejection;
  }
}

/** The connection was there, and TLS was not agreed on before it ended. */
export class NoTlsHandshake extends AssociationLost {
  override name = 'NoTlsHandshake';
}

/** Nobody took the connection until the ARTIM timer had run out. */
export class NoConnection extends AssociationLost {
  override name = 'NoConnection';
}

/** The connection was taken, and the A-ASSOCIATE-RQ not answered until then. */
export class NoAnswer extends AssociationLost {
  override name = 'NoAnswer';
}

/**
 * Establishes an association; what arrives on it goes to the user that `use` makes.
 * @throws AssociationRejected, AssociationLost (no connection, aborted, given up, or no answer within the ARTIM time)
 */
export async function connectAssociation<User extends AssociationUser>(
  asked: AssociationRequest,
  use: (association: Association, agreement: Agreement) => User,
): Promise<User> {
  const limits = asked.limits ?? upperLayerLimits;
  const contexts = asked.contexts.map((context, index) => ({ id: 2 * index + 1, ...context }));
  const to = { host: asked.host, port: asked.port };
  const socket = asked.tls ? connectTls({ ...to, ...asked.tls.options }) : connect(to);
  const { promise, resolve, reject } = Promise.withResolvers<User>();
  const association = new Association('requestor', ordinaryTransport(socket), limits, {
    accepted: (accept) => {
      const { maximumLength } = accept.userInformation;
      if (takesTooLittle(maximumLength, limits))
        return association.abort(`the peer takes PDUs of ${maximumLength} bytes`);
      const agreement = agreed(accept, contexts, asked.userInformation?.roles);
      const user = use(association, agreement);
      association.establish(agreement, user);
      resolve(user);
    },
    rejected: (rejection) => reject(new AssociationRejected(rejection)),
    failed: (lost) => reject(whyNone(lost)),
  });
  let isShakingHands = false;
  let isTooLate = false;
  let isTaken = false;
  function whyNone(lost: AssociationLost | undefined): AssociationLost {
    if (isShakingHands) return new NoTlsHandshake('no TLS handshake', { cause: lost?.cause });
    if (isTooLate && !isTaken) return new NoConnection('no connection in time');
    if (isTooLate) return new NoAnswer('no answer in time');
    return lost ?? new AssociationLost('connection closed');
  }
  if (asked.tls) socket.once('connect', () => (isShakingHands = true));
  const tooLate = setTimeout(() => {
    isTooLate = true;
    isTaken = !socket.connecting;
    association.abort('no answer in time');
  }, limits.artimMs);
  socket.once(asked.tls ? 'secureConnect' : 'connect', () => {
    isShakingHands = false;
    const whyNot = asked.tls?.whyNot?.(socket as TLSSocket);
    if (whyNot) {
      socket.destroy(whyNot);
      return;
    }
    association.request({
      protocolVersion: 1,
      callingAETitle: asked.callingAETitle,
      calledAETitle: asked.calledAETitle,
      applicationContext: applicationContextName,
      contexts,
      userInformation: {
        maximumLength: limits.announcedPduBytes,
        implementationClassUID,
        implementationVersionName,
        roles: [],
        extended: [],
        commonExtended: [],
        ...asked.userInformation,
      },
    });
  });
  const giveUp = () => association.abort('given up');
  asked.signal?.addEventListener('abort', giveUp, { once: true });
  if (asked.signal?.aborted === true) giveUp();
  return promise.finally(() => {
    clearTimeout(tooLate);
    asked.signal?.removeEventListener('abort', giveUp);
  });
}

function agreed(
  accept: AssociateAccept,
  proposed: readonly ProposedContext[],
  proposedRoles: UserInformation['roles'] = [],
): Agreement {
  const contexts = new Map<number, AcceptedContext>();
  const otherwise = new Set<string>();
  const { maximumLength, asynchronousOperations, extended, roles } = accept.userInformation;
  for (const { id, result, transferSyntax } of accept.contexts) {
    const abstractSyntax = proposed.find((context) => context.id === id)?.abstractSyntax;
    if (result === contextResult.transferSyntaxesNotSupported && abstractSyntax) otherwise.add(abstractSyntax);
    if (result !== contextResult.acceptance || !abstractSyntax || !isUid(abstractSyntax) || !isUid(transferSyntax))
      continue;
    // Without an answer we are the SCU, whatever we proposed; what we did not propose does not count (PS3.7 D.3.3.4).
    const asked = proposedRoles.find(({ sopClass }) => sopClass === abstractSyntax);
    const answered = asked && roles.find(({ sopClass }) => sopClass === abstractSyntax);
    const asSCU = answered ? asked.scu && answered.scu : true;
    const asSCP = answered ? asked.scp && answered.scp : false;
    const information = extended.find(({ sopClass }) => sopClass === abstractSyntax)?.information;
    contexts.set(id, {
      id,
      abstractSyntax,
      transferSyntax,
      asSCU,
      asSCP,
      ...(information && { extended: information }),
    });
  }
  for (const { abstractSyntax } of contexts.values()) otherwise.delete(abstractSyntax);
  return { contexts, otherwise, maximumLength, operations: 1, invocations: asynchronousOperations?.invoked || 1 };
}
