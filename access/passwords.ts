/**
 * Passwords: argon2id hashes, computed on the thread pool, a few at a time.
 * Each costs 19 MiB and some 30 ms of a core, so a crowd of guesses may neither take the memory nor the cores of the archive.
 */
import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';

/** Too many passwords are being checked at this moment. */
export class PasswordsBusy extends Error {
  override name = 'PasswordsBusy';
}

const places = new Places(limits.access.passwordsAtOnce);

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (places.waiting >= limits.access.passwordsWaiting) throw new PasswordsBusy('too many passwords to check');
  return places.take(work);
}

/** The argon2id hash of a password, as a PHC string with its own salt. */
export async function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFC')));
}

let nobody: Promise<string> | undefined;

/**
 * Whether a password belongs to a hash. Without a hash (no such account) it takes as long and says no, so that nobody
 * learns from the time which accounts exist.
 * @throws PasswordsBusy
 */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  nobody ??= hash(randomBytes(16));
  const against = passwordHash ?? (await nobody);
  return (await inTurn(() => verify(against, password.normalize('NFC')))) && passwordHash !== undefined;
}

/** Letters and digits that nobody confuses when reading them from a screen: no 0 O 1 l I. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A password of four groups of four, 80 bits. */
export function generatePassword(): string {
  const letters = Array.from(randomBytes(16), (byte) => alphabet[byte % alphabet.length]);
  return [0, 4, 8, 12].map((start) => letters.slice(start, start + 4).join('')).join('-');
}
