/**
 * Ends open associations, at every archive: those of devices that somebody refuses or removes from the registry, so that one click
 * locks a device out, and those whose account was changed or removed, as its sessions end. What else changes of a device's entry holds
 * from its next association on.
 */
import type { Accounts } from '#access/accounts.ts';
import type { Caller } from '#access/caller.ts';
import type { Devices } from '#access/devices.ts';
import { lookEvery, type LookOptions } from '#index/look-every.ts';
import { limits } from '#settings/limits.ts';

const { lockedOutMs: everyMs } = limits.access;

/** What an association is here. */
export interface Abortable {
  abort(why: string): void;
}

/** Who stands behind an association: a device, an account, both, or nobody whom the registry and the accounts know. */
export type Behind = Pick<Caller, 'device' | 'accountThen'>;

/** What is asked about them. */
export type LockedOutParts = Pick<Devices, 'lockedOut'> & Pick<Accounts, 'generations'>;

export function watchLockedOut<Association extends Abortable>(
  associations: Map<Association, Behind>,
  { lockedOut, generations, log }: LockedOutParts & Pick<LookOptions, 'log'>,
): AsyncDisposable {
  return lookEvery({ what: 'the end of associations of devices that are locked out', everyMs, log }, async () => {
    const open = [...associations];
    const devices = known(open.map(([, { device }]) => device));
    const accounts = known(open.map(([, { accountThen }]) => accountThen?.id));
    // At once: each may wait for its answer, and whoever closes us waits for it. Where one fails, the next look asks both again.
    const [gone, now] = await Promise.all([
      devices.length > 0 ? lockedOut(devices) : undefined,
      accounts.length > 0 ? generations(accounts) : undefined,
    ]);
    for (const [association, { device, accountThen }] of open) {
      const isGone = device !== undefined && gone?.has(device);
      const hasChanged = accountThen !== undefined && now?.get(accountThen.id) !== accountThen.generation;
      if (!isGone && !hasChanged) continue;
      // So that its end is not taken for a failure of the device. One that has ended meanwhile is no more to be aborted.
      if (!associations.delete(association)) continue;
      association.abort(
        isGone
          ? 'the device registry does not let this device in any more'
          : 'the account behind the device was changed or removed',
      );
    }
    return false;
  });
}

function known(ids: readonly (number | undefined)[]): number[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
}
