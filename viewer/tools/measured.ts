// The words of measurements: numbers as the reader writes them, each length with the state of its calibration.
import { measure as written } from '../format.ts';
import { text } from '../text.ts';
import { isInMillimetres, spacingAt, type CalibrationState, type Spacing } from '../viewport/spacing.ts';
import { pixelFormatOf, type FramePixels } from '../viewport/frame-pixels.ts';
import {
  statisticsByPieces,
  statisticsIn,
  type ellipse,
  type Point,
  type RegionStatistics,
} from '../viewport/region-statistics.ts';
import type { Finding } from '../viewport/measuring.ts';
import { isHeldInColor } from '../viewport/held-in-color.ts';
import { realWorldOf, type ValueScale } from '../viewport/real-world.ts';
import { unitOf } from '../viewport/unit.ts';

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

type Outline = NonNullable<ReturnType<typeof ellipse>>;

/** Area, mean with deviation, and extremes of what lies in an outline. */
export const regionWords = (outlineOf: (handles: readonly Point[]) => Outline | undefined) => (finding: Finding) => {
  const outline = outlineOf(finding.points);
  const { pixels, frame } = finding;
  if (!outline || !pixels) return undefined;
  const spacing = spacingOfFinding(finding);
  const area = outline.area * spacing.rowMm * spacing.columnMm;
  const said = isInMillimetres(spacing) ? `${written(area, area < 100 ? 1 : 0)} mm²` : `${written(area)} px²`;
  const lines = [text('measuredArea', { n: said })];
  if (pixels.color) return [...lines, text('noValuesOfColour'), ...stateLine(spacing)];
  const statistics = statisticsOnce(finding, outline, pixels, pixelFormatOf(frame.instance).columns);
  if (statistics === counting) return [...lines, text('measuredCounting'), ...stateLine(spacing)];
  if (!statistics) return [...lines, ...stateLine(spacing)];
  const { count, hidden, mean, deviation, smallest, largest } = statistics;
  const leftOut = hidden > 0 ? [text('measuredBehindShutter', { n: written(hidden) })] : [];
  if (count === 0) return [...lines, ...leftOut, ...stateLine(spacing)];
  const { factor, offset, unit } = scaleOf(finding, [smallest, largest]);
  const value = (amount: number) => valueWords(amount * factor + offset);
  const [least, most] = factor < 0 ? [largest, smallest] : [smallest, largest];
  return [
    `${lines[0]} · ${text('measuredPixels', { n: written(count) })}`,
    `${text('measuredMean', { n: value(mean) })} ± ${valueWords(deviation * Math.abs(factor))} ${unit}`.trim(),
    `${text('measuredExtremes', { min: value(least), max: value(most) })} ${unit}`.trim(),
    ...leftOut,
    ...stateLine(spacing),
  ];
};

const counting = Symbol('counting');
type Known = RegionStatistics | typeof counting | undefined;

// A measurement is drawn anew with each step of zooming, and what lies in it stays the same.
const known = new WeakMap<FramePixels, Map<string, Known>>();
// More than anyone draws on one image: those that are drawn together must be known together, or each forgets the next.
const mostKnown = 1_000;
// For more than these the page would stand still: a mammogram has 14 million.
const mostPixelsAtOnce = 1_000_000;

/** Of a large outline that is being drawn there are none until it is done; what was known before is said all the while. */
function statisticsOnce(
  { points, isChanging, askAgain }: Finding,
  outline: Outline,
  pixels: FramePixels,
  columns: number,
): Known {
  const ofImage = known.get(pixels) ?? new Map<string, Known>();
  known.set(pixels, ofImage);
  const key = `${outline.area} ${points.join()}`;
  const isLarge = outline.area > mostPixelsAtOnce;
  let statistics = ofImage.get(key);
  if (!ofImage.has(key)) {
    if (isLarge && isChanging) return undefined;
    statistics = isLarge ? counting : statisticsIn(outline, pixels, columns);
    if (isLarge) {
      void statisticsByPieces(outline, pixels, columns, turnOfOthers).then((counted) => {
        // What was forgotten meanwhile would only be counted anew.
        if (!ofImage.has(key)) return;
        ofImage.set(key, counted);
        askAgain();
      });
    }
  }
  // The last asked for stands last, and the first goes.
  ofImage.delete(key);
  ofImage.set(key, statistics);
  if (ofImage.size > mostKnown) ofImage.delete(ofImage.keys().next().value!);
  return statistics;
}

const turnOfOthers = () => new Promise<void>((done) => setTimeout(done));

/**
 * How a value is said, and its unit then: an uptake value where that can be computed, else as the modality rescales it; where it gives
 * that no unit, by the file's mapping of these values to one.
 */
export function scaleOf({ frame }: Pick<Finding, 'frame'>, values: readonly number[]): ValueScale {
  const { instance, frameNumber, suv } = frame;
  if (suv) return { ...suv, offset: 0 };
  const unit = unitOf(frame);
  const mapped = unit || isHeldInColor(instance) ? undefined : realWorldOf(instance, frameNumber, values);
  return mapped ?? { factor: 1, offset: 0, unit };
}

const valueWords = (amount: number) => written(amount, Math.abs(amount) < 10 ? placesOf(amount) : 1);

/** How many places a value that is no whole number is said with: one of a small unit (a map of diffusion in mm²/s) needs more than two. */
export function placesOf(amount: number): number {
  const size = Math.abs(amount);
  return size > 0 && size < 0.1 ? Math.min(20, 2 + Math.ceil(-Math.log10(size))) : 2;
}
