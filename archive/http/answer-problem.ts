/**
 * The last handlers of every request: an address that nobody serves, and whatever went wrong, as problem details
 * (RFC 9457) in the reader's language.
 */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { TooManyGuesses } from '#access/guesses.ts';
import { PasswordsBusy } from '#access/passwords.ts';
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import { isDatabaseGone } from '#index/database.ts';
import { isDiskFull } from '#index/disk-room.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { isUnreadable, StorageUnavailable } from '#storage/storage.ts';
import { problemText, type Language } from '../problem-text.ts';
import { Problem } from '../problems.ts';
import { unreadable } from '../unreadable.ts';
import { isFromPage } from './origin.ts';

/** RFC 9457 Section 3, and two members of our own. */
interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** For the reader, in the reader's language. */
  readonly detail: string;
  readonly code: string;
  /** Always English, always precise: for whoever helps the reader. */
  readonly reason: string;
}

/** What a handler may have said of its answer when it turned out that there is none. */
const ofTheAnswer = [
  'Accept-Ranges',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Warning',
];

export const nothingHere: RequestHandler = () => {
  throw new Problem('notFound', 'nothing is served at this address');
};

/** `%zz` or half a UTF-8 character in the path: answered before anybody tries to decode it (RFC 3986 Section 2.1). */
export const refuseMalformedAddress: RequestHandler = (request, _response, next) => {
  try {
    if (decodeURIComponent(request.path).includes('\0')) throw new URIError();
  } catch {
    throw new Problem('badRequest', 'the address is not well formed');
  }
  next();
};

export function answerProblem({ log }: { log: Log }): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const problem = problemOf(error);
    // A client that went away wants no answer, and what broke off because of it is no failure of ours.
    if (response.destroyed || request.socket.destroyed) return;
    if (isOurs(problem))
      log.error({ route: response.locals['route'] as unknown, err: problem.cause ?? problem }, 'request failed');
    if (response.headersSent) {
      // Nobody can be told why any more, but whoever reads the log.
      if (problem.httpStatus < 500)
        log.warn({ route: response.locals['route'] as unknown, err: problem.cause ?? problem }, 'answer broken off');
      // Half an answer must not look like a whole one.
      request.socket.destroy();
      return;
    }
    for (const name of ofTheAnswer) response.removeHeader(name);
    if (problem.code === 'notLoggedIn' && !isFromPage(request))
      response.set('WWW-Authenticate', 'Basic realm="Lightbox", charset="UTF-8"');
    if (problem.retryAfterSeconds !== undefined) response.set('Retry-After', String(problem.retryAfterSeconds));
    const language = languageOf(request);
    response
      .status(problem.httpStatus)
      .set({ 'Content-Type': 'application/problem+json', 'Content-Language': language, 'Cache-Control': 'no-store' })
      .vary('Accept-Language')
      .end(JSON.stringify(problemDetails(problem, language)));
    stopLongBody(request, response);
  };
}

/** Whoever runs the archive has to know of it, and the caller could do nothing about it. */
function isOurs({ code, cause }: Problem): boolean {
  if (code === 'outOfResources') return cause !== undefined;
  return code === 'processingFailure' || code === 'objectUnreadable' || code === 'unavailable';
}

function problemDetails(problem: Problem, language: Language): ProblemDetails {
  const text = problemText[problem.code];
  return {
    type: `urn:lightbox:problem:${problem.code}`,
    title: text[language],
    status: problem.httpStatus,
    detail: language === 'vi' ? text.viDetail : problem.message,
    code: problem.code,
    reason: problem.message,
  };
}

/** What a caught error is to the outside. Only a Problem's own text is ever shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TooManyGuesses)
    return new Problem('tooManyRequests', 'too many wrong passwords', { retryAfterSeconds: error.retryAfterSeconds });
  if (error instanceof PasswordsBusy)
    return new Problem('tooManyRequests', 'too many logins at this moment', {
      retryAfterSeconds: limits.retryAfter.loginSeconds,
    });
  if (error instanceof PixelPoolSaturated)
    return new Problem('decodersBusy', 'too many frames to decode at this moment', {
      retryAfterSeconds: limits.pixels.retryAfterSeconds,
    });
  if (isDiskFull(error))
    return new Problem('outOfResources', 'the disk of the database is full', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.storageSeconds,
    });
  if (isDatabaseGone(error))
    return new Problem('unavailable', 'the database does not answer', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.databaseSeconds,
    });
  if (error instanceof StorageUnavailable)
    return new Problem('unavailable', 'the storage is not available', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.storageSeconds,
    });
  if (isUnreadable(error)) return unreadable(error);
  // Express and its parts: a path parameter or a header that cannot be read.
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem('badRequest', 'the request is not well formed', { cause: error });
  return new Problem('processingFailure', 'this should not have happened', { cause: error });
}

function languageOf(request: Request): Language {
  // Programs name no language: they get English.
  return request.acceptsLanguages('en', 'vi') === 'vi' ? 'vi' : 'en';
}

/** The answer is out, but a body may still be coming: it is thrown away for a while, so that the client can read the answer, then cut. */
export function stopLongBody(request: Request, response: Response): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), limits.http.unwantedBodyMs);
  timer.unref();
  request.once('end', () => clearTimeout(timer));
  response.once('close', () => request.complete && clearTimeout(timer));
}
