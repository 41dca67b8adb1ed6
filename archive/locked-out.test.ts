import { expect, test } from 'vitest';

import { watchLockedOut } from './locked-out.ts';

test('devices and accounts are asked for at once, so that whoever closes it waits for one answer', async () => {
  const aborted = Promise.withResolvers<string>();
  const generationsAsked = Promise.withResolvers<void>();
  const association = { abort: aborted.resolve };
  const behind = { device: 1, accountThen: { id: 2, generation: 3 } };
  await using _watching = watchLockedOut('associations', new Map([[association, behind]]), {
    // It answers when the other one has been asked, too.
    lockedOut: () => generationsAsked.promise.then(() => new Set([1])),
    generations: async () => {
      generationsAsked.resolve();
      return new Map([[2, 3]]);
    },
    ended: async () => new Set(),
    revoked: async () => new Set(),
    log: { info() {}, warn() {} },
  });
  expect(await aborted.promise).toBe('the device registry does not let this device in any more');
});
