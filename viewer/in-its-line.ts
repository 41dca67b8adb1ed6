// What comes from outside stays in its own line, whatever signs stand in it.

/** They change the direction of the letters around them (Unicode UAX #9). */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;
/** Set above and below one letter; no language sets more than eight. */
const heap = /(\p{M}{8})\p{M}+/gu;
/** Where there may be such a heap: all marks come after the letters of Europe. To ask of each sign what it is takes seconds for a large answer. */
const perhapsHeap = /[\u0300-\uffff]{9,}/g;

/**
 * Marks of direction are taken out: an ID of which the half is turned around reads as that of somebody else, and one that is not ended
 * turns around what follows it. Each value has a direction of its own by its letters. Marks piled up over the lines above are cut.
 */
export const inItsLine = (text: string): string => withoutHeaps(text.replace(directions, ''));

export const withoutHeaps = (text: string): string => text.replace(perhapsHeap, (some) => some.replace(heap, '$1'));
