// Which images are held as RGB: what is colour in the file, by a palette too, and greys that are coloured from a value on.
import type { JsonDataset } from '../archive-client.ts';
import { string } from './dicom-json.ts';
import { pixelFormatOf } from './frame-pixels.ts';
import { paletteOf, type Palette } from './lookup-table.ts';

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
