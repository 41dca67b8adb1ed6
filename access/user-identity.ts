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

/**
 * @returns the account; undefined where none is asked for, or what is said cannot be checked and need not be; 'refused'
 * @throws TooManyGuesses, PasswordsBusy
 */
export async function verifyIdentity(
  policy: IdentityPolicy,
  identity: UserIdentity | undefined,
  { address, credentials }: { readonly address: string; readonly credentials: Credentials },
): Promise<Account | undefined | 'refused'> {
  if (policy === 'none') return undefined;
  const name = identity?.primary.toString('utf8') ?? '';
  if (identity?.type === userNameAndPasscode)
    return (await credentials.verify(name, identity.secondary.toString('utf8'), address)) ?? 'refused';
  if (policy === 'required') return 'refused';
  if (identity?.type === userName) return (await credentials.named(name, address)) ?? 'refused';
  // Kerberos, SAML and JSON Web Tokens are not understood: without an answer the requestor knows that nobody was verified.
  return undefined;
}
