/**
 * Who is asking: every call of `ingest`, `search` and `retrieve` carries one, whichever door it came through.
 * A caller is made by this folder only, from a session, a token, an account or an admitted device.
 */
import type { Uid } from '#dicom/data/uid.ts';

/** What a caller may do. `manage` is accounts, devices and settings. */
export const rights = ['store', 'read', 'manage'] as const;
export type Right = (typeof rights)[number];

/** Which studies a caller may see. A share link will carry a list; accounts and devices see all. */
export type Scope = { readonly studies: 'all' } | { readonly studies: readonly Uid[] };

export interface Caller {
  readonly kind: 'account' | 'token' | 'device' | 'program';
  /** Account name, token name, AE title, or the name of our own program. Never a patient's. */
  readonly name: string;
  readonly rights: ReadonlySet<Right>;
  readonly scope: Scope;
  /** Of an account: its password was sent within the last minutes, so that it is not an unattended browser. */
  readonly signedInLately?: boolean;
  /** Network address the request came from; absent for our own programs. */
  readonly address?: string;
  /** By which door it came, where that gives one kind of answer: `WADO-RS`. */
  readonly door?: string;
  /** Its entry in the device registry; absent for a caller from this machine that needs none. */
  readonly device?: number;
  /** Name of the account that was verified behind a device (user identity, PS3.7 D.3.3.7). */
  readonly account?: string;
  /** The account that logged in, itself or behind a device, as it was then: once it is changed or removed, what it opened ends. */
  readonly accountThen?: { readonly id: number; readonly generation: number };
  /** Of a browser: the SHA-256 of its session's secret, in hexadecimal. */
  readonly session?: string;
  /** Of a program that sent a token: its number. */
  readonly token?: number;
  /** What a device's registry entry says of the Patient IDs it sends (identity: issuer and ID). */
  readonly defaultIssuer?: string;
  /**
   * Specific Character Set, values joined by backslashes, of its data sets that do not name one, and of what it is answered
   * where it asks for none that has all the letters.
   */
  readonly characterSet?: string;
  /** What happens when the same SOP instance arrives with other bytes. */
  readonly onOtherBytes?: 'keep-first' | 'replace';
}

/** The same for all that one caller asks for, by whichever association or connection. */
export function callerKey({ kind, name, device, address }: Caller): string {
  return kind === 'device' ? `device ${device ?? address}` : `${kind} ${name}`;
}

/** Our own programs (worker, import, rebuild): all rights, all studies, named in the access record. */
export function programCaller(name: string): Caller {
  return { kind: 'program', name, rights: new Set<Right>(rights), scope: { studies: 'all' } };
}
