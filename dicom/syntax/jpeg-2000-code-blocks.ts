/**
 * How many code blocks a JPEG 2000 codestream cuts its picture into (ISO/IEC 15444-1 B.6, B.7). A decoder makes room for each of
 * them, and for the precincts that they lie in, before it reads their first byte, and a header of a hundred bytes can claim any number.
 */

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const sot = 0xff90;
const sod = 0xff93;
const eoc = 0xffd9;
const cod = 0xff52;
const coc = 0xff53;
/** Table A.15. */
const mostLevels = 32;
/** The exponents of a precinct's sides, where they are left out (A.6.1). */
const largestPrecinct = 0xff;

/**
 * Of all components, those across a tile's border counted once. By every COD and COC marker segment of the main header and of tile
 * parts: which of them holds for which tile would have to be found out as a decoder does, and nobody says it twice of many.
 * @param from  where the marker segments behind SIZ begin
 */
export function codeBlocksOf(
  codestream: Buffer,
  from: number,
  { image, tile, components }: { readonly image: Size; readonly tile: Size; readonly components: number },
): number {
  let codeBlocks = 0;
  let area = image;
  let nextTilePart = 0;
  for (let at = from; at + 4 <= codestream.length;) {
    const marker = codestream.readUInt16BE(at);
    if (marker === eoc || marker < 0xff00) break;
    if (marker === sod) {
      // The last tile part may leave its length open.
      if (nextTilePart <= at) break;
      at = nextTilePart;
      continue;
    }
    const end = at + 2 + codestream.readUInt16BE(at + 2);
    const segment = codestream.subarray(at + 4, end);
    if (marker === sot && segment.length >= 6) {
      area = tile;
      nextTilePart = at + segment.readUInt32BE(2);
    }
    // Behind Scod, or the component and Scoc, stand the same parameters (Tables A.12 and A.22).
    const component = components < 257 ? 1 : 2;
    if (marker === cod) codeBlocks += components * blocksOf(area, segment[0], segment.subarray(5));
    if (marker === coc) codeBlocks += blocksOf(area, segment[component], segment.subarray(component + 1));
    at = end;
  }
  return codeBlocks;
}

/** Of one component. @param style  Scod or Scoc @param parameters  SPcod or SPcoc (Table A.15) */
function blocksOf({ columns, rows }: Size, style = 0, parameters: Buffer): number {
  const [levels = 0, width = 0, height = 0] = parameters;
  let blocks = 0;
  for (let resolution = 0, lowest = Math.min(levels, mostLevels); resolution <= lowest; resolution++) {
    const precinct = (style & 1 ? parameters[5 + resolution] : undefined) ?? largestPrecinct;
    // All resolutions but the lowest are three subbands of half its size; a block is no larger than its precinct there (B-17, B-18).
    const halved = resolution === 0 ? 0 : 1;
    const scale = 2 ** (lowest - resolution + halved);
    const along = (side: number, exponent: number, precinctExponent: number): number =>
      Math.ceil(side / scale / 2 ** Math.min((exponent & 0xf) + 2, Math.max(0, precinctExponent - halved)));
    blocks += (1 + 2 * halved) * along(columns, width, precinct & 0xf) * along(rows, height, precinct >> 4);
  }
  return blocks;
}
