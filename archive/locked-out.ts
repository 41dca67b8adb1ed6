/**
 * Ends the associations of devices that somebody refuses or removes from the registry while they are open: one click locks a
 * device out, at every archive. What else changes of an entry holds from its next association on.
 */
import type { Devices } from '#access/devices.ts';
import { lookEvery, type LookOptions } from '#index/look-every.ts';
import { limits } from '#settings/limits.ts';

const { lockedOutMs: everyMs } = limits.access;

/** What an association is here. */
export interface Abortable {
  abort(why: string): void;
}

/** @param associations  those that are open, each with its device; undefined where none of the registry stands behind it */
export function watchLockedOut<Association extends Abortable>(
  associations: Map<Association, number | undefined>,
  { lockedOut, log }: Pick<Devices, 'lockedOut'> & Pick<LookOptions, 'log'>,
): AsyncDisposable {
  return lookEvery({ what: 'the end of associations of devices that are locked out', everyMs, log }, async () => {
    const devices = new Set([...associations.values()].filter((device) => device !== undefined));
    if (devices.size === 0) return false;
    const gone = await lockedOut([...devices]);
    for (const [association, device] of associations) {
      if (device === undefined || !gone.has(device)) continue;
      // So that its end is not taken for a failure of the device.
      associations.delete(association);
      association.abort('the device registry does not let this device in any more');
    }
    return false;
  });
}
