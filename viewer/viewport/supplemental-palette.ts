// Grey images that are coloured from a value on (Supplemental Palette Color LUT, PS3.3 C.7.6.19): flow in ultrasound, maps of MR.
// They are held as colour, the grey in the file's own window, as the archive's pictures have them.
import { ofColor, throughPalette, type FramePixels } from './frame-pixels.ts';
import type { Palette } from './lookup-table.ts';
import { paint } from './paint.ts';
import type { Window } from './windows.ts';

export function withColors(
  stored: ArrayLike<number>,
  greys: FramePixels,
  palette: Palette,
  window: Window,
): FramePixels {
  const shown = new Uint32Array(stored.length);
  paint(greys, { window, inverse: greys.negative, presentationLut: greys.presentationLut }, shown);
  const rgb = throughPalette(stored, palette);
  for (let at = 0; at < shown.length; at += 1) {
    if (stored[at]! < palette.red.first) rgb.fill(shown[at]! & 0xff, 3 * at, 3 * at + 3);
  }
  return ofColor(rgb, greys.shutter);
}
