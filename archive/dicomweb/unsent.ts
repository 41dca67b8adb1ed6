/**
 * Memory of frames and pictures that answers hold until their readers take them. Some of a long answer is made before its
 * first byte is sent, so that the status can say what fails; of all answers together that is bounded, for a reader on a
 * slow line, or one that never reads, keeps it for as long as it likes. What one caller's readers keep leaves the others room.
 */
import type { Response } from 'express';
import { callerKey } from '#access/caller.ts';
import { limits } from '#settings/limits.ts';
import type { CallerRequest } from '../http/resource.ts';
import { Problem } from '../problems.ts';

const { unsentBytes, unsentBytesPerCaller, aheadOfStatusBytes } = limits.http;

/** Of all answers, and of those to each caller. */
let held = 0;
const heldBy = new Map<string, number>();

function hold(name: string, bytes: number): void {
  held += bytes;
  const own = (heldBy.get(name) ?? 0) + bytes;
  if (own > 0) heldBy.set(name, own);
  else heldBy.delete(name);
}

/** What one answer holds, until it has been sent or its reader has gone. */
export class Unsent {
  readonly #caller: string;
  #bytes = 0;
  #isOver: boolean;

  /** @throws Problem decodersBusy where others hold all that there may be, or this caller's own answers their part of it */
  constructor(response: Response) {
    this.#caller = callerKey((response.req as CallerRequest).caller);
    if (held >= unsentBytes || (heldBy.get(this.#caller) ?? 0) >= unsentBytesPerCaller)
      throw new Problem('decodersBusy', 'too many frames wait for their readers', {
        retryAfterSeconds: limits.pixels.retryAfterSeconds,
      });
    this.#isOver = response.closed;
    response.once('close', () => {
      this.#isOver = true;
      hold(this.#caller, -this.#bytes);
    });
  }

  add(bytes: number): void {
    if (this.#isOver) return;
    this.#bytes += bytes;
    hold(this.#caller, bytes);
  }

  /** Whether one more frame may be made before the first is sent. */
  get hasRoomAhead(): boolean {
    return held < aheadOfStatusBytes;
  }
}
