/** In which unit the values of a frame are once they are rescaled (PS3.3 C.11.1). Of plain values, for server and viewer alike. */

/** What says so, as far as it is said. */
export interface UnitAttributes {
  readonly Modality: string | undefined;
  /** With the Frame Type of a frame that has one. */
  readonly ImageType: readonly string[];
  /** Of the table that stands in place of a rescale, '' where it says none; undefined where there is no table. */
  readonly ModalityLUTType: string | undefined;
  readonly RescaleType: string | undefined;
  readonly RescaleSlope: number | undefined;
  /** Of positron emission tomography (C.8.9.1.1.3). */
  readonly Units: string | undefined;
}

/** What a modality plans by (C.8.2.1.1.1). */
export const isOfLocalizer = (ImageType: readonly string[]): boolean =>
  ImageType.some((value) => value.trim() === 'LOCALIZER');

/** Devices write more words for no unit than the standard has. */
const noUnit = new Set(['US', 'UNSPECIFIED', 'NONE', 'NORMALIZED']);

/**
 * A defined term, such as HU or BQML; '' where nothing names a unit. What CT rescales is in Hounsfield units unless it says otherwise
 * (C.8.2.1), as maps of iodine or of atomic numbers do; what a localizer adds up is so only where it says it.
 */
export function unitTermOf(attributes: UnitAttributes): string {
  const { Modality, ImageType, ModalityLUTType, RescaleType, RescaleSlope, Units } = attributes;
  const said = [ModalityLUTType ?? RescaleType ?? '', Units ?? ''].filter((term) => term !== '');
  // One that says nothing takes nothing from another: devices write both for positron emission tomography.
  if (said.length > 0) return said.find((term) => !noUnit.has(term.toUpperCase())) ?? '';
  const isRescaled = ModalityLUTType === undefined && RescaleSlope !== undefined;
  return Modality === 'CT' && isRescaled && !isOfLocalizer(ImageType) ? 'HU' : '';
}
