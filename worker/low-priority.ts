/**
 * Lets everything else on the machine go first: reading and receiving must not feel the worker.
 */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of −20 … 19; a process of the usual priority gets nine times the share of this one. */
const nice = 10;

/** Linux counts priority by thread: those that Node has started already are lowered one by one, later ones inherit. */
export function lowerPriority(): void {
  try {
    setPriority(nice);
    if (process.platform !== 'linux') return;
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), nice);
  } catch {
    // A container may forbid it, and a thread may have ended: then it runs as it is.
  }
}
