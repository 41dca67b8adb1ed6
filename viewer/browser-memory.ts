// What a browser remembers for good: whoever uses it, and whichever study is open. (What belongs to one tab: tab-memory.ts.) Storage
// may be forbidden, or full; what was chosen then lasts as long as the page.

const prefix = 'lightbox.';

export function rememberForGood(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    return;
  }
}

export function recallForGood(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}
