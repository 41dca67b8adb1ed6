import { getEventListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { echo, store } from '#dicom/dimse/requests.ts';
import { closeAll, instance, listener, requestor } from '#dicom/dimse/test-exchange.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { abortWith, leave } from './leave-association.ts';

afterEach(closeAll);

test('an association is released in order, and left all the same where the other side does not answer the release', async () => {
  const { port, exchanges } = await listener();
  const first = await requestor(port);
  expect(await echo(first)).toBe(0);
  await leave(first);
  await exchanges[0]!.over;

  const asked = Promise.withResolvers<void>();
  // What is being performed is answered before the release is: here never.
  const slow = await listener(() => (asked.resolve(), new Promise<never>(() => {})));
  const second = await requestor(slow.port);
  const unanswered = store(second, instance(Buffer.alloc(8))).catch((error: unknown) => error);
  await asked.promise;
  await leave(second);
  expect(second.isOver).toBe(true);
  expect(await unanswered).toBeInstanceOf(AssociationLost);
});

test('an association that was lost is left without a word', async () => {
  const { port, exchanges } = await listener();
  const exchange = await requestor(port);
  exchanges[0]!.abort('switched off');
  await exchange.over;
  await leave(exchange);
});

test('a signal aborts the associations that are open, and keeps none that is over', async () => {
  const { port } = await listener();
  const stopping = new AbortController();
  for (let count = 0; count < 3; count++) {
    const exchange = await requestor(port);
    using _stop = abortWith(stopping.signal, exchange, 'stopping');
    await leave(exchange);
  }
  expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);

  const open = await requestor(port);
  using _stop = abortWith(stopping.signal, open, 'stopping');
  stopping.abort();
  await open.over;
  const late = await requestor(port);
  using _late = abortWith(stopping.signal, late, 'stopping');
  await late.over;
});
