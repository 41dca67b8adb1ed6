/**
 * Who is asking over HTTP: a session cookie (browsers), HTTP Basic (RFC 7617), or a bearer token (RFC 6750).
 */
import type { Request, RequestHandler } from 'express';
import { plainAddress, saidAddress } from '#access/addresses.ts';
import type { Account } from '#access/accounts.ts';
import { type Caller, callerKey } from '#access/caller.ts';
import type { Credentials } from '#access/credentials.ts';
import { TooManyGuesses } from '#access/guesses.ts';
import { PasswordsBusy } from '#access/passwords.ts';
import { type Access, recordAccess } from '#access/record.ts';
import type { Sessions } from '#access/sessions.ts';
import type { Tokens } from '#access/tokens.ts';
import type { Log } from '#settings/log.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import { Problem } from '../problems.ts';
import type { OpenRequests } from './open-requests.ts';
import type { CallerRequest } from './resource.ts';
import { ownSession } from './session-cookie.ts';

export interface Authenticators {
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly credentials: Credentials;
}

/** Lets a request through only when somebody known sends it, who has not too many under way. */
export function authenticate(
  authenticators: Authenticators,
  { requests, log }: { readonly requests: OpenRequests; readonly log: Log },
): RequestHandler {
  return async (request, response, next) => {
    const known = await recordingRefusal(() => callerOf(request, authenticators), request, log);
    if (!known && request.headers.authorization !== undefined) recordRefused(request, log);
    if (!known) throw new Problem('notLoggedIn', 'log in, or send valid credentials');
    const caller: Caller = { ...known, address: addressOf(request) };
    Object.assign(request, {
      caller,
      callerNow: () => callerOf(request, authenticators),
      ...requests.begin(request, response, caller),
    } satisfies Pick<CallerRequest, 'caller' | 'callerNow' | 'lockedOut' | 'turn'>);
    onBehalfOf(callerKey(caller), next);
  };
}

/** Runs what checks credentials. What is not even checked is refused too, and most of what a guesser sends. */
export async function recordingRefusal<T>(check: () => Promise<T>, request: Request, log: Log): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof TooManyGuesses || error instanceof PasswordsBusy) recordRefused(request, log);
    throw error;
  }
}

/**
 * Wrong credentials, or none that are looked at. The name that was tried is not written down: people type their password there.
 * @param why  where it is not the credentials
 */
export function recordRefused(request: Request, log: Log, why: Pick<Access, 'origin'> = {}): void {
  const caller = { kind: 'account', name: '?', address: addressOf(request) } as const;
  recordAccess(log, { caller, action: 'refused', ...why });
}

/** Nobody: undefined. An Authorization header counts alone, also when it is wrong. */
async function callerOf(
  request: Request,
  { sessions, tokens, credentials }: Authenticators,
): Promise<Caller | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, scheme = '', value = ''] = /^(\w+) +([\w.~+/=-]+) *$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'bearer') return tokens.find(value);
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const pair = Buffer.from(value, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    if (colon < 0) return undefined;
    const account = await credentials.verify(pair.slice(0, colon), pair.slice(colon + 1), addressOf(request));
    return account && accountCaller(account);
  }
  const secret = ownSession(request);
  return secret === undefined ? undefined : sessions.find(secret);
}

function accountCaller({ id, generation, name, rights }: Account): Caller {
  const accountThen = { id, generation };
  return { kind: 'account', name, rights, scope: { studies: 'all' }, signedInLately: true, accountThen };
}

/** Where a request came from; behind a trusted proxy, what that says, if it is an address. */
export function addressOf(request: Request): string {
  return saidAddress(request.ip ?? '') ?? plainAddress(request.socket.remoteAddress ?? '');
}

/** The address and the program: what tells a script from the people who share its account, also where all come by one proxy. */
export function placeOf(request: Request): string {
  return `${addressOf(request)} ${request.get('User-Agent') ?? ''}`;
}
