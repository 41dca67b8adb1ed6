/**
 * Puts a list of resources under one root. An address that exists with other methods only answers 405.
 */
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { RecordLog } from '#access/record.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from '../problems.ts';
import { requireRight, requireSignedInLately } from '../require-right.ts';
import type { CallerRequest, Method, OpenResource, Resource } from './resource.ts';

/** @param door as the access record names it, where a resource does not say more precisely */
export function mount(root: string, resources: readonly Resource[], door: string, log: RecordLog): Router {
  return routes(root, resources, ({ right, signedInLately, isStream, handle }) => async (request, response) => {
    const caller = { ...(request as CallerRequest).caller, door };
    Object.assign(request, { caller });
    if (right !== 'any') requireRight(right, caller, log);
    if (signedInLately) requireSignedInLately(caller, log);
    if (!isStream && !(await hasTurn(request as CallerRequest))) return;
    inviteBody(request, response);
    await handle(request as CallerRequest, response, closeSignal(response));
  });
}

export function mountOpen(root: string, resources: readonly OpenResource[]): Router {
  return routes(root, resources, ({ handle }) => async (request, response) => {
    inviteBody(request, response);
    await handle(request, response);
  });
}

function routes<R extends { method: Method; path: string }>(
  root: string,
  resources: readonly R[],
  answer: (resource: R) => (request: Request, response: Response) => Promise<void>,
): Router {
  const router = Router({ caseSensitive: true });
  const byPath = Map.groupBy(resources, ({ path }) => path);
  for (const [path, here] of byPath) {
    const route = router.route(path);
    route.all(named(root + path));
    for (const resource of here) route[resource.method](answer(resource));
    route.all((_request, response) => {
      const allowed = here.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : method.toUpperCase()));
      response.set('Allow', allowed.join(', '));
      throw new Problem('methodNotAllowed', `this address takes ${allowed.join(', ')}`);
    });
  }
  return router;
}

/** Names a route for the log and the metrics: its pattern, never the address itself, which holds UIDs. */
export function named(pattern: string): RequestHandler {
  return (_request, response, next) => {
    response.locals['route'] = pattern;
    next();
  };
}

/** `Expect: 100-continue` (RFC 9110 Section 10.1.1): now that it is clear who sends, the body may come. */
function inviteBody(request: Request, response: Response): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

/** @returns whether there is still somebody to answer when its turn has come @throws Problem tooManyAtOnce when that takes too long */
async function hasTurn(request: CallerRequest): Promise<boolean> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooLate()), limits.http.turnMs);
  const turn = request.turn().then(
    () => true,
    () => false,
  );
  return Promise.race([turn, late.promise]).finally(() => clearTimeout(timer));
}

function tooLate(): Problem {
  const reason = 'what this account or token has under way has kept all of its turns for too long';
  return new Problem('tooManyAtOnce', reason, { retryAfterSeconds: limits.http.requestsRetryAfterSeconds });
}

/** Aborts when the connection closes before the answer was sent. */
function closeSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
