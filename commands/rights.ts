/** Rights as they are written in a command: `read,store`. */
import { rights as known, type Right } from '#access/caller.ts';

import { BadUsage } from './command.ts';

/** @throws BadUsage */
export function rightsOf(text: string): Right[] {
  const rights = text.split(',').map((right) => right.trim());
  const unknown = rights.find((right) => !known.includes(right as Right));
  if (unknown !== undefined) throw new BadUsage(`"${unknown}" is no right; there are ${known.join(', ')}`);
  return [...new Set(rights)] as Right[];
}
