/**
 * Blocks of memory that objects are gathered in on their way to the disk, used again and again. An archive that makes a
 * new buffer for every piece spends more time on collecting garbage than on keeping images.
 */
export const blockBytes = 1024 * 1024;

/** Blocks that are kept for the next object; more than so many are left to the garbage collector. */
const kept = 32;

const free: Buffer[] = [];

export function takeBlock(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
}

/** Only when no system call uses it any more. */
export function giveBlock(block: Buffer): void {
  if (free.length < kept) free.push(block);
}
