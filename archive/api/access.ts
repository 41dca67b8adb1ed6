/** Who is logged in, his password, and the accounts of all: what the API has of `access/`, beside logging in itself. */
import type { Resource } from '../http/resource.ts';
import { accountResources, type AccountParts } from './accounts.ts';
import { ownPassword, type OwnPasswordParts } from './own-password.ts';
import { currentSession } from './session.ts';

export function accessResources(parts: AccountParts & OwnPasswordParts): Resource[] {
  return [currentSession(parts), ownPassword(parts), ...accountResources(parts)];
}
