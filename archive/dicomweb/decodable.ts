/**
 * Which instances of an answer can be decoded or compressed, found out before the first byte of it goes out: what is left
 * out is said by the status (PS3.18 Section 10.4.3).
 */
import type { Transcoded } from '#derive/transcoded.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from '../problems.ts';
import type { RetrieveParts, RetrievedInstance } from '../retrieve.ts';
import { inSyntax } from '../transcoded.ts';
import { reasonToLeaveOut } from '../unreadable.ts';

/** An instance and the syntax that it is to be sent in. */
export interface Given {
  readonly instance: RetrievedInstance;
  readonly syntax: TransferSyntax;
  /** Its first frame is decoded already. */
  readonly opened?: Transcoded;
}

/** @throws PixelPoolSaturated */
export async function decodableOf(
  chosen: readonly Given[],
  parts: RetrieveParts,
  signal: AbortSignal,
): Promise<{ given: Given[]; leftOut: Problem[] }> {
  const results: (Given | Problem)[] = [...chosen];
  const todo = chosen.flatMap(({ instance, syntax }, at) =>
    syntax !== instance.syntax && (instance.syntax.encapsulated || syntax.encapsulated) ? [at] : [],
  );
  const until = performance.now() + limits.http.decodedFirstMs;
  let held = 0;
  const work = async (): Promise<void> => {
    for (let at = todo.shift(); at !== undefined; at = todo.shift()) {
      if (chosen.length > 1 && performance.now() > until) return;
      signal.throwIfAborted();
      const each = chosen[at] as Given;
      try {
        const opened = await inSyntax(each.instance, each.syntax, parts, signal);
        held += frameBytes(each.instance);
        // Of the others it is only known that they can be decoded.
        if (held <= limits.http.decodedFirstBytes || chosen.length === 1) results[at] = { ...each, opened };
        // Of what is not compressed the index knows nearly all: too dear to be made twice.
        else if (!each.instance.syntax.encapsulated) return;
      } catch (error) {
        const why = reasonToLeaveOut(error, each.instance, parts.log);
        if (!why) throw error;
        results[at] = why;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(todo.length, limits.pixels.threads) }, work));
  return {
    given: results.filter((each): each is Given => !(each instanceof Problem)),
    leftOut: results.filter((each) => each instanceof Problem),
  };
}

function frameBytes({ row }: RetrievedInstance): number {
  const samples = (row.rows ?? 0) * (row.columns ?? 0) * (row.samples_per_pixel ?? 1);
  return Math.ceil((samples * (row.bits_allocated ?? 8)) / 8);
}
