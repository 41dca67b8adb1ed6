// How large a millimetre of what is shown is on the screen, across it, and how far that may be trusted.
import type { Msg } from '../text.ts';
import { number } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { isInMillimetres, spacingAt, spacingOf, type CalibrationState } from './spacing.ts';
import type { StackState } from './stack-state.ts';

export interface ScreenScale {
  /** pixels of the page; undefined where nothing can be measured in mm */
  pixelsPerMm: number | undefined;
  state: CalibrationState;
}

export const calibrationWords: Record<CalibrationState, Msg> = {
  calibrated: 'stateCalibrated',
  magnified: 'stateMagnified',
  atDetector: 'stateAtDetector',
  unknown: 'stateUnknown',
  region: 'stateRegion',
  outside: 'stateOutside',
  none: 'stateNone',
};

/**
 * How many pixels of the screen one pixel of the image takes, down its columns: 1 where nothing is left out and nothing made up.
 * Pixels of the screen itself: those of the page are larger on most.
 */
export function magnification({ instance, frameNumber }: Frame, scale: number): number {
  return scale * spacingOf(instance, frameNumber).rowMm * devicePixelRatio;
}

/** In the middle of the image: an ultrasound region has a scale of its own, which need not be the same in both directions. */
export function screenScale({ instance, frameNumber }: Frame, { scale, turn }: StackState): ScreenScale {
  const whole = spacingOf(instance, frameNumber);
  const middle = [(number(instance, '00280011') ?? 0) / 2, (number(instance, '00280010') ?? 0) / 2];
  const there = spacingAt(instance, frameNumber, [middle]);
  const across = turn.rotation % 180 === 0 ? 'columnMm' : 'rowMm';
  const pixelsPerMm = isInMillimetres(there) ? (scale * whole[across]) / there[across] : undefined;
  return { pixelsPerMm, state: there.state };
}
