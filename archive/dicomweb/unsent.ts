/**
 * Memory of frames and pictures that answers hold until their readers take them. Some of a long answer is made before its
 * first byte is sent, so that the status can say what fails; of all answers together that is bounded, for a reader on a
 * slow line, or one that never reads, keeps it for as long as it likes.
 */
import type { Response } from 'express';
import { Problem } from '#archive/problems.ts';
import { limits } from '#settings/limits.ts';

const { unsentBytes, aheadOfStatusBytes } = limits.http;

/** Of all answers. */
let held = 0;

/** What one answer holds, until it has been sent or its reader has gone. */
export class Unsent {
  #bytes = 0;
  #isOver: boolean;

  /** @throws Problem decodersBusy where others hold all that there may be */
  constructor(response: Response) {
    if (held >= unsentBytes)
      throw new Problem('decodersBusy', 'too many frames wait for their readers', {
        retryAfterSeconds: limits.pixels.retryAfterSeconds,
      });
    this.#isOver = response.closed;
    response.once('close', () => {
      this.#isOver = true;
      held -= this.#bytes;
    });
  }

  add(bytes: number): void {
    if (this.#isOver) return;
    this.#bytes += bytes;
    held += bytes;
  }

  /** Whether one more frame may be made before the first is sent. */
  get hasRoomAhead(): boolean {
    return held < aheadOfStatusBytes;
  }
}
