// The accounts as the page holds them: asked for again now and then, because somebody else may change them.
import { signal } from '@preact/signals';
import type { LoadError } from '../archive-client.ts';
import { keepFresh as lookAgain } from '../keep-fresh.ts';
import { readAnew } from '../read-anew.ts';
import { resume, session } from '../session.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';
import * as client from './accounts-client.ts';
import type { Account, Right } from './accounts-client.ts';
import { ownPasswordFirst } from './own-password-first.tsx';

const lookEveryMs = 15_000;

export const accounts = signal<readonly Account[] | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);
/** A password that was made just now, until somebody has noted it down. */
export const made = signal<{ name: string; password: string } | undefined>(undefined);

export const refresh = (stopped?: AbortSignal): Promise<void> =>
  readAnew({ shown: accounts, error }, client.readAccounts, stopped);

/** Returns what stops it. */
export const keepFresh = (): (() => void) => lookAgain(refresh, lookEveryMs);

export const isOwn = ({ name }: Account): boolean => name === session.value?.name;

/** @throws LoadError, for the form to show */
export async function add(name: string, rights: readonly Right[]): Promise<void> {
  const { account, password } = await ownPasswordFirst(() => client.addAccount(name, rights));
  made.value = { name: account.name, password };
  await refresh();
}

/** @throws LoadError, for the form to show */
export async function changeRights(account: Account, rights: readonly Right[]): Promise<void> {
  await ownPasswordFirst(() => client.changeRights(account.id, rights));
  // One's own pages are others by now.
  if (isOwn(account)) await resume();
  await refresh();
}

export async function resetPassword({ id, name }: Account): Promise<void> {
  await thenRefresh(
    refresh,
    ownPasswordFirst(() => client.resetPassword(id)).then((password) => (made.value = { name, password })),
  );
}

export async function remove({ id, name }: Account): Promise<void> {
  await thenRefresh(
    refresh,
    ownPasswordFirst(() => client.removeAccount(id)),
    text('accountRemoved', { name }),
  );
}
