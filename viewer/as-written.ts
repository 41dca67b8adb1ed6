// What people change and hand back, and what is told from others, as the archive has it: from the rest of an answer marks are taken
// out (in-its-line.ts), so that it can be shown. Not with the shell.
import { parse } from './archive-client.ts';

/** By object of an answer: the same before anything was taken out of it. */
const written = new WeakMap<object, unknown>();

/** To be given to `json` for an answer of which something is asked for as it was written. */
export function parseWritten<T>(text: string): T {
  const shown = parse<T>(text);
  note(shown, JSON.parse(text));
  return shown;
}

/** @param shown  of an answer that was parsed so, or within one */
export const asWritten = <T>(shown: T): T => (written.get(shown as object) as T | undefined) ?? shown;

function note(shown: unknown, before: unknown): void {
  if (typeof shown !== 'object' || !shown) return;
  written.set(shown, before);
  for (const [key, each] of Object.entries(shown)) note(each, (before as Record<string, unknown> | undefined)?.[key]);
}
