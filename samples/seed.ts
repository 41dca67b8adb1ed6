/**
 * Everything that looks random in a sample, from one seed: the same seed gives the same bytes.
 */
import { createHash } from 'node:crypto';

/** Numbers in 0 … 1, evenly spread, named so that samples do not disturb each other's. */
export function randomOf(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    // mulberry32: 32 bits of state are enough for noise.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A UID under 2.25 (PS3.5 Annex B.2) made from a name. */
export function uidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
