// Who is signed in, for the whole viewer. `undefined` is nobody; `ended` asks for the password again over the open page.
import { signal } from '@preact/signals';
import { readSession, signIn, signOut, whenSignedOut, type Session } from './archive-client.ts';
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

/** The other tabs of this browser have the same session: who has signed in, or nobody. */
const tabs = new BroadcastChannel('lightbox.session');
tabs.onmessage = ({ data: name }: MessageEvent<string | null>) => {
  if (!session.value) return;
  if (name === null) forgetTab();
  if (name === session.value.name) goOn();
  else location.replace('/');
};

function goOn(): void {
  ended.value = false;
  returning?.resolve();
  returning = undefined;
}

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
  tabs.postMessage(entered.name);
  // Nothing of what another reader has open is theirs to see.
  if (session.value && session.value.name !== entered.name) return location.replace('/');
  session.value = entered;
  asked.value = true;
  goOn();
}

/** Ends at a page that was loaded anew: no list, no image, nothing that was typed stays for whoever comes next. */
export async function leave(): Promise<void> {
  forgetTab();
  await signOut();
  tabs.postMessage(null);
  location.replace('/login');
}
