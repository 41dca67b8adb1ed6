/** Finds in a trace the stores that were acknowledged before they were durable. */
import type { SystemCall } from './strace.ts';

export interface AcknowledgedStore {
  readonly SOPInstanceUID: string;
  /** The file that the index names in the end. */
  readonly objectPath: string;
}

export const isObjectSync = ({ kind, path }: SystemCall): boolean => kind === 'sync' && path.includes('/objects/i/');
export const isLogSync = ({ kind, path }: SystemCall): boolean => kind === 'sync' && path.includes('/pg_wal/');

/**
 * One sentence for each store whose answer began to be written before the sync of its object, or of the write-ahead log
 * with its row, had returned; none when all is well. A sync counts when it began after the bytes had been written.
 */
export function acknowledgedTooEarly(calls: readonly SystemCall[], stores: readonly AcknowledgedStore[]): string[] {
  return stores.flatMap(({ SOPInstanceUID, objectPath }) => {
    const mentioning = calls.filter(({ kind, mentions }) => kind === 'write' && mentions.has(SOPInstanceUID));
    const answer = mentioning.find(({ path }) => path.startsWith('TCP'));
    if (!answer) return [`${SOPInstanceUID}: no answer was written`];
    const missing = (
      what: string,
      written: SystemCall | undefined,
      isSync: (call: SystemCall) => boolean,
    ): string[] => {
      if (!written) return [`${SOPInstanceUID}: ${what} was not written`];
      const synced = calls.some(
        (call) => isSync(call) && call.result === 0 && call.began > written.ended && call.ended < answer.began,
      );
      return synced ? [] : [`${SOPInstanceUID}: ${what} was not synced before the answer`];
    };
    const ofObject = calls.filter(
      ({ kind, path, began }) => kind === 'write' && path === objectPath && began < answer.began,
    );
    const logged = mentioning.find(({ path }) => path.includes('/pg_wal/'));
    return [
      ...missing('its object', ofObject.at(-1), (call) => isObjectSync(call) && call.path === objectPath),
      ...missing('its row', logged, isLogSync),
    ];
  });
}
