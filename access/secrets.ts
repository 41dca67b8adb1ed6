/**
 * Random secrets that we hand out once (session cookies, API tokens) and keep as a SHA-256 only.
 * 256 random bits need no salt and no slow hash: nobody guesses one, and a stolen database gives none away.
 */
import { createHash, randomBytes } from 'node:crypto';

const secretBytes = 32;
/** In base64url, which fills nothing up. */
const secretCharacters = Math.ceil((secretBytes * 4) / 3);

export function newSecret(prefix = ''): string {
  return prefix + randomBytes(secretBytes).toString('base64url');
}

/** Whether a text could be one of ours; anything else is not worth a question to the database. */
export function looksLikeSecret(text: string, prefix = ''): boolean {
  return text.length === prefix.length + secretCharacters && text.startsWith(prefix) && /^[\w-]+$/.test(text);
}

export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
