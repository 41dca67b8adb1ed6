/** What has a number in its address: /api/devices/{device}, and the like. */
import type { CallerRequest } from '../http/resource.ts';
import { Problem } from '../problems.ts';

/** Of rows whose number is a PostgreSQL integer: it takes no larger one as a parameter. */
export const largestInteger = 0x7fff_ffff;

/**
 * @param name  of the part of the address that holds the number
 * @param otherwise  why nothing has such a number, in English
 * @throws Problem `notFound` for what can be no number of a row
 */
export function numberIn(
  { params }: CallerRequest,
  name: string,
  otherwise: string,
  largest = Number.MAX_SAFE_INTEGER,
): number {
  const number = Number(params[name]);
  if (!Number.isInteger(number) || number < 1 || number > largest) throw new Problem('notFound', otherwise);
  return number;
}

/** @throws Problem `notFound` where there is none */
export function there<T>(found: T | undefined, otherwise: string): T {
  if (found === undefined) throw new Problem('notFound', otherwise);
  return found;
}
