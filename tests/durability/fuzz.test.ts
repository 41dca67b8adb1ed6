import { expect, test } from 'vitest';

import { hasCorpus } from '../corpus.ts';
import { fuzzFiles, fuzzOnce } from './fuzz.ts';

test.skipIf(!hasCorpus)('a damaged file is read or refused, the same however it is chopped', async () => {
  const files = fuzzFiles();
  const outcomes = { read: 0, refused: 0 };
  for (let number = 1; number <= 400; number++) {
    try {
      outcomes[await fuzzOnce('lightbox', number, files)]++;
    } catch (cause) {
      throw new Error(`damaged file number ${number}`, { cause });
    }
  }
  expect(outcomes.read).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
});
