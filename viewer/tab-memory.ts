// What one tab of the browser remembers of its reader's work until it is closed: it survives reloading the page and going back to
// the list. It is gone when the reader signs out, or another one signs in.

const prefix = 'lightbox.tab.';

/** @returns whether it is remembered; storage may be forbidden, or full */
export function remember(name: string, value: unknown): boolean {
  try {
    sessionStorage.setItem(prefix + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function recall(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null');
  } catch {
    return null;
  }
}

/** Says whose tab this is from now on. */
export function belongTo(account: string): void {
  if (recall('owner') !== account) forgetTab();
  remember('owner', account);
}

export function forgetTab(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
  } catch {
    return; // then there is nothing in it
  }
}
