// Grey images that are coloured from a value on (Supplemental Palette Color LUT, PS3.3 C.7.6.19): flow in ultrasound, maps of MR.
// They are held as colour, the grey in the file's own window, as the archive's pictures have them.
import type { JsonDataset } from '../archive-client.ts';
import { string } from './dicom-json.ts';
import { ofColor, pixelFormatOf, throughPalette, type FramePixels } from './frame-pixels.ts';
import { paletteOf, type Palette } from './lookup-table.ts';
import { paint } from './paint.ts';
import type { Window } from './windows.ts';

export function supplementalPaletteOf(instance: JsonDataset): Palette | undefined {
  const presentation = string(instance, '00089205');
  if (presentation !== 'COLOR' && presentation !== 'MIXED') return undefined;
  const { samples, photometric, signed, sample } = pixelFormatOf(instance);
  const isGrey = samples === 1 && sample === 'integer' && photometric.startsWith('MONOCHROME');
  return isGrey ? paletteOf(instance, signed) : undefined;
}

/** Whether what is held of it is RGB, whatever the file has. */
export function isHeldInColor(instance: JsonDataset): boolean {
  const { samples, photometric } = pixelFormatOf(instance);
  return samples === 3 || photometric === 'PALETTE COLOR' || supplementalPaletteOf(instance) !== undefined;
}

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
