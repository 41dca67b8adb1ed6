// Who is signed in, for the whole viewer. `undefined` is nobody; `ended` asks for the password again over the open page.
import { signal } from '@preact/signals';
import { LoadError, readSession, signIn, signOut, whenSignedOut, type Session } from './archive-client.ts';
import { belongTo, forgetTab } from './tab-memory.ts';

export const session = signal<Session | undefined>(undefined);
export const ended = signal(false);
export const asked = signal(false);

/** What waits for the reader to sign in again. */
let returning: PromiseWithResolvers<void> | undefined;

whenSignedOut(() => {
  if (!session.value) return undefined;
  ended.value = true;
  if (!returning) {
    returning = Promise.withResolvers();
    returning.promise.catch(() => {}); // it may be that only an image waits, and that shows its own notice
  }
  return returning.promise;
});

/** Asks the archive once, at the start, whether the browser's cookie is still good. */
export async function resume(): Promise<void> {
  const found = await readSession();
  if (found) belongTo(found.name);
  session.value = found;
  asked.value = true;
}

export async function enter(name: string, password: string): Promise<void> {
  const entered = await signIn(name, password);
  belongTo(entered.name);
  session.value = entered;
  asked.value = true;
  ended.value = false;
  returning?.resolve();
  returning = undefined;
}

export async function leave(): Promise<void> {
  forgetTab();
  await signOut();
  session.value = undefined;
  ended.value = false;
  returning?.reject(new LoadError('signedOut'));
  returning = undefined;
}
