// The calls of the page of accounts.
import { json } from '../archive-client.ts';

export const rights = ['read', 'store', 'manage'] as const;
export type Right = (typeof rights)[number];

export interface Account {
  id: number;
  name: string;
  rights: Right[];
  passwordGenerated: boolean;
  createdAt: string;
  lastSeenAt: string | null;
}

export const readAccounts = async (signal?: AbortSignal) =>
  (await json<{ accounts: Account[] }>('/api/accounts', { signal })).accounts;

/** The password is answered this once. */
export const addAccount = (name: string, rights: readonly Right[]) =>
  json<{ account: Account; password: string }>('/api/accounts', { body: { name, rights } });

export const changeRights = (id: number, rights: readonly Right[]) =>
  json<Account>(`/api/accounts/${id}/rights`, { method: 'PUT', body: { rights } });

/** The password is answered this once. */
export const resetPassword = async (id: number) =>
  (await json<{ password: string }>(`/api/accounts/${id}/password`, { method: 'POST' })).password;

export const removeAccount = (id: number) => json<void>(`/api/accounts/${id}`, { method: 'DELETE' });
