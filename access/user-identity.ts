/**
 * Who is said to stand behind an association (user identity negotiation, PS3.7 D.3.3.7), checked against the accounts where the
 * registry asks for it. Only devices that are admitted otherwise are asked: a stranger costs no slow hash.
 */
import type { UserIdentity } from '#dicom/network/user-information.ts';
import type { Account } from './accounts.ts';
import type { Credentials } from './credentials.ts';

/** `none`: nobody is asked. `optional`: who is named has to be right. `required`: a name and its passcode are needed. */
export const identityPolicies = ['none', 'optional', 'required'] as const;
export type IdentityPolicy = (typeof identityPolicies)[number];

const userName = 1;
const userNameAndPasscode = 2;
/** What else the standard lets a requestor show (PS3.7 Table D.3-14), and nobody here can check. */
const unchecked: Readonly<Record<number, string>> = {
  3: 'a Kerberos ticket',
  4: 'a SAML assertion',
  5: 'a JSON Web Token',
};

/** `refused`: what is said is wrong. `notGiven`: a name with its passcode is needed, and was not said. */
export type IdentityRefusal = 'refused' | 'notGiven';

/**
 * @returns the account; undefined where none is asked for, or what is said cannot be checked and need not be; why it is refused
 * @throws TooManyGuesses, PasswordsBusy
 */
export async function verifyIdentity(
  policy: IdentityPolicy,
  identity: UserIdentity | undefined,
  { address, credentials }: { readonly address: string; readonly credentials: Credentials },
): Promise<Account | undefined | IdentityRefusal> {
  if (policy === 'none') return undefined;
  const name = identity?.primary.toString('utf8') ?? '';
  if (identity?.type === userNameAndPasscode)
    return (await credentials.verify(name, identity.secondary.toString('utf8'), address)) ?? 'refused';
  if (policy === 'required') return 'notGiven';
  if (identity?.type === userName) return (await credentials.named(name, address)) ?? 'refused';
  // Kerberos, SAML and JSON Web Tokens are not understood: without an answer the requestor knows that nobody was verified.
  return undefined;
}

/** What was said in the place of a name and its passcode: English, for the log and whoever helps. */
export function saidInstead(identity: UserIdentity | undefined): string {
  if (identity === undefined) return 'none was given';
  return identity.type === userName
    ? 'a name without its passcode'
    : (unchecked[identity.type] ?? `of type ${identity.type}`);
}
