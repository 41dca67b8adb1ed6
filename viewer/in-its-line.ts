// What comes from outside stays in its own line, whatever signs stand in it.

/** Marks that change the direction of the letters around them (Unicode UAX #9), and marks that are set above and below a letter. */
const unruly = /[\u0300-\u036f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;
const directions = /[^\u0300-\u036f]/g;
/** Of one letter; no language sets more. */
const mostMarks = 4;

/**
 * Marks of direction are taken out: an ID of which the half is turned around reads as that of somebody else, and one that is not ended
 * turns around what follows it. Each value has a direction of its own by its letters. Marks piled up over the lines above are cut.
 */
export const inItsLine = (text: string): string =>
  text.replace(unruly, (run) => run.replace(directions, '').slice(0, mostMarks));
