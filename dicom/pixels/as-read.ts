/**
 * How people who read images begin, where an image says nothing of it: a CT at soft tissue, a PET black on white. Of plain values, for
 * server and viewer alike, since pictures in lists look as the images that they stand for; `read-attributes.ts` reads them from a data set.
 * Whoever asks for a rendered image gets what the data set says (PS3.4 N.2), and where it brings no window all of its values.
 */
import { isOfLocalizer, type UnitAttributes, unitTermOf } from './value-unit.ts';
import type { Window } from './voi-lut.ts';

/** What an image says of how it is read, as far as it says it. */
export interface ReadAttributes extends UnitAttributes {
  readonly SOPClassUID: string | undefined;
  /** Some of it is no grey: it is in colour, or a palette gives it some. */
  readonly isColor: boolean;
}

/** Pages and projections that a workstation has made, whatever modality they are of (PS3.3 A.8). */
export const isSecondaryCapture = (SOPClassUID: string | undefined): boolean =>
  /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/.test(SOPClassUID ?? '');

export const softTissue: Window = { center: 40, width: 400, function: 'LINEAR' };

/**
 * Whether its values are those of CT, to which the usual windows belong. What a localizer adds up is no Hounsfield unit (C.8.2.1), nor
 * are maps of iodine or of perfusion.
 */
export function isOfHounsfieldUnits(said: ReadAttributes): boolean {
  return said.Modality === 'CT' && !said.isColor && unitTermOf(said) === 'HU' && !isOfLocalizer(said.ImageType);
}

/**
 * Of an image that brings none. Over all values of a CT, from air to metal, hardly anything in a body could be told from what is beside
 * it; anything else has none then.
 */
export function windowAsRead(said: ReadAttributes): Window | undefined {
  return isOfHounsfieldUnits(said) ? softTissue : undefined;
}

/**
 * What takes up is dark in a PET. What a workstation has made of it is looked at as it is, and so are colours.
 * @param isAsItIs  the file itself shows its largest values brightest, and by no table
 */
export function isInvertedAsRead({ Modality, SOPClassUID, isColor }: ReadAttributes, isAsItIs: boolean): boolean {
  return Modality === 'PT' && isAsItIs && !isColor && !isSecondaryCapture(SOPClassUID);
}
