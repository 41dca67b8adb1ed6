/**
 * One address of the archive: what it is called, who may use it, and what it does. Plain lists of these
 * (`dicomweb/all.ts`, the API's) are mounted by `http.ts`, which has logged the caller in before `handle` is called.
 */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Caller, Right } from '#access/caller.ts';

export type CallerRequest = Request & {
  readonly caller: Caller;
  /** For answers that last: who the caller is by now; undefined when it has been logged out, or its account changed. */
  callerNow(): Promise<Caller | undefined>;
  /** Aborts soon after that has become another one, or nobody. Whoever is not done a moment later is cut off. */
  readonly lockedOut: AbortSignal;
  /** Resolves when it may be answered: so many of one caller are at once. Rejects when its client has gone. */
  turn(): Promise<void>;
};

/** What the API's own description says of an address. Bodies and answers are JSON unless said otherwise. */
export interface Description {
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  /** Media type of an answer that is not JSON. */
  readonly answerType?: string;
}

export type Method = 'get' | 'post' | 'put' | 'delete';

export interface Resource {
  readonly method: Method;
  /** Below its root (`/dicom-web`, `/api`), as Express writes it: `/studies/:StudyInstanceUID`. */
  readonly path: string;
  /** `any`: whoever is logged in. */
  readonly right: Right | 'any';
  /** Not for a browser that somebody may have left: who signed in a while ago has to sign in again first. */
  readonly signedInLately?: true;
  /** What it sends takes as long as somebody listens: it waits for no turn, and keeps none from others. */
  readonly isStream?: true;
  readonly description?: Description;
  /**
   * Answers. Whatever it throws becomes problem details, as long as nothing was sent; afterwards the connection is cut.
   * @param signal  aborts when the client has gone
   */
  handle(request: CallerRequest, response: Response, signal: AbortSignal): Promise<void>;
}

/** An address that serves people who are not logged in (yet). */
export interface OpenResource {
  readonly method: Method;
  readonly path: string;
  readonly description?: Description;
  handle(request: Request, response: Response): Promise<void>;
}
