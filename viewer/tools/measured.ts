// The words of measurements: numbers as the reader writes them, each length with the state of its calibration.
import { measure as written } from '../format.ts';
import { text } from '../text.ts';
import { isInMillimetres, spacingAt, spacingOf, type CalibrationState, type Spacing } from '../viewport/spacing.ts';
import { isHeldInColor } from '../viewport/supplemental-palette.ts';
import type { Finding } from '../viewport/measuring.ts';
import { functionalGroup, items, number, string } from '../viewport/dicom-json.ts';

/** The spacing that holds at every handle. */
export const spacingOfFinding = ({ frame, points }: Finding): Spacing =>
  spacingAt(frame.instance, frame.frameNumber, points);

const states: Partial<Record<CalibrationState, () => string>> = {
  atDetector: () => text('stateAtDetector'),
  magnified: () => text('stateMagnified'),
  unknown: () => text('stateUnknown'),
  region: () => text('stateRegion'),
  outside: () => text('stateOutside'),
  none: () => text('stateNone'),
};

/** Said under every length or area that is not simply true in the patient. */
export function stateLine({ state }: Spacing): string[] {
  const line = states[state]?.();
  return line ? [line] : [];
}

/** The distance between two points, in mm where the image has them, else in pixels. */
export function lengthBetween([x1, y1]: [number, number], [x2, y2]: [number, number], spacing: Spacing): string {
  const distance = Math.hypot((x2 - x1) * spacing.columnMm, (y2 - y1) * spacing.rowMm);
  return isInMillimetres(spacing) ? millimetres(distance) : `${written(distance, 1)} px`;
}

export const millimetres = (distance: number) => `${written(distance, distance < 10 ? 2 : 1)} mm`;

/** Area, mean with deviation, and extremes of a region. */
export function regionWords(finding: Finding): string[] | undefined {
  const { area, mean, stdDev, min, max } = finding.stats as Record<string, number | undefined>;
  if (area === undefined || mean === undefined) return undefined;
  const unit = unitOf(finding);
  const spacing = spacingOfFinding(finding);
  const of = spacingOf(finding.frame.instance, finding.frame.frameNumber);
  // Cornerstone counts in the image's own spacing; an ultrasound region has another.
  const true2 = (area * (spacing.rowMm * spacing.columnMm)) / (of.rowMm * of.columnMm);
  const said = isInMillimetres(spacing) ? `${written(true2, true2 < 100 ? 1 : 0)} mm²` : `${written(true2)} px²`;
  const lines = [text('measuredArea', { n: said })];
  if (Number.isFinite(mean))
    lines.push(`${text('measuredMean', { n: value(mean) })} ± ${value(stdDev ?? 0)} ${unit}`.trim());
  if (min !== undefined && max !== undefined && Number.isFinite(min)) {
    lines.push(`${text('measuredExtremes', { min: value(min), max: value(max) })} ${unit}`.trim());
  }
  return [...lines, ...stateLine(spacing)];
}

/**
 * The unit of the values, as the file says it. What CT rescales is in Hounsfield units unless it says otherwise (PS3.3 C.8.2.1), as
 * maps of iodine or of atomic numbers do; a table of doses, or anything in colour, has no unit whatever its modality.
 */
export function unitOf({ frame: { instance, frameNumber } }: Finding): string {
  if (isHeldInColor(instance)) return '';
  const group = functionalGroup(instance, '00289145', frameNumber);
  const table = items(instance, '00283000')[0];
  const said = (table && string(table, '00283004')) ?? string(group, '00281054') ?? string(instance, '00541001');
  if (said) return said === 'US' ? '' : said; // unspecified
  const isRescaled = number(group, '00281053') !== undefined;
  return isRescaled && string(instance, '00080060') === 'CT' ? 'HU' : '';
}

const value = (amount: number) => written(amount, Math.abs(amount) < 10 ? 2 : 1);
