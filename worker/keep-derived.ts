/** Keeps what a job computed of a series: the object first, then the row that names it; the one before goes. */
import { createHash } from 'node:crypto';
import { type Derived, replaceDerived } from '#index/derived.ts';
import { keepNamed } from '#storage/keep-whole.ts';
import { objectKey } from '#storage/keys.ts';

import type { JobParts } from './job.ts';

export async function keepDerived(
  bytes: Buffer,
  derived: Pick<Derived, 'series' | 'kind' | 'generation' | 'mediaType'>,
  { database, storage, store }: JobParts,
): Promise<void> {
  const key = objectKey('d', new Date());
  const digest = createHash('sha256').update(bytes).digest();
  const row = { ...derived, store, key, length: bytes.length, digest };
  await keepNamed(storage, key, bytes, () => replaceDerived(database, row));
}
