/**
 * The keys that objects lie under: made by us, never from anything received, so that a key says nothing about a patient
 * and no two objects ever share one. The hour in it keeps directories small and gives "the last minutes" a prefix.
 */
import { randomFillSync } from 'node:crypto';

import { StorageFailed } from './storage.ts';

/** `i`: as received, precious. `d`: derived, made again at will. */
type Prefix = 'i' | 'd';

/** Segments of letters, digits, `-` and `.` that do not begin with a dot: nothing that a file system could read as a path of its own. */
const wellFormed = /^[A-Za-z0-9-][A-Za-z0-9.-]*(?:\/[A-Za-z0-9-][A-Za-z0-9.-]*)*$/;
const keyLengthLimit = 255;

const randomBytesPerKey = 16;
/** Drawn for many keys at once: the call costs more than the bytes. Each is used for one key only. */
const random = Buffer.alloc(256 * randomBytesPerKey);
let randomUsed = random.length;

/** `i/YYYY/MM/DD/HH/<128 random bits in hexadecimal>`, in UTC. */
export function objectKey(prefix: Prefix, now: Date): string {
  if (randomUsed === random.length) {
    randomFillSync(random);
    randomUsed = 0;
  }
  const from = randomUsed;
  randomUsed += randomBytesPerKey;
  return `${hourPrefix(prefix, now)}${random.toString('hex', from, randomUsed)}`;
}

/** The prefix that every object of that hour has: `i/YYYY/MM/DD/HH/`, for `Storage.list`. */
export function hourPrefix(prefix: Prefix, time: Date): string {
  const iso = time.toISOString();
  return `${prefix}/${iso.slice(0, 4)}/${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(11, 13)}/`;
}

/** @throws StorageFailed when it is not a key: a mistake of ours, or of whoever wrote into the index */
export function checkKey(key: string): void {
  if (key.length > keyLengthLimit || !wellFormed.test(key)) {
    throw new StorageFailed(`${JSON.stringify(key.slice(0, 80))} is not an object key`);
  }
}

/** A prefix is whole segments: empty, or a key with `/` behind it. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/'))
    throw new StorageFailed(`${JSON.stringify(prefix.slice(0, 80))} is not a prefix of whole segments`);
  checkKey(prefix.slice(0, -1));
}
