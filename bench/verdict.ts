/**
 * What is said of a figure by what is wanted of it. Where others had much of the processor in every round, nothing is: such a
 * figure tells of the machine, whichever way it falls.
 */

/** Share of the processor, 0 to 1, that others took: above it the times of a round say little. */
export const noiseLimit = 0.15;

/** @param noise  of the quietest round in which the figure was measured: a share of the processor, 0 to 1 */
export function verdict(isMet: boolean, noise: number): string {
  if (noise > noiseLimit) return `not judged (noise ${Math.ceil(100 * noise)} %)`;
  return isMet ? 'met' : 'MISSED';
}
