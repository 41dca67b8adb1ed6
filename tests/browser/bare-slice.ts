/** A CT slice that says nothing of how its values are read and shown, so that a test can say it. */
import { ctSeries } from '#samples/ct.ts';
import type { Attributes } from '#samples/write.ts';

export function bareSlice(seed: string): Attributes {
  const [slice] = [...ctSeries({ seed, number: 1, slices: 1 })];
  const {
    RescaleIntercept: _intercept,
    RescaleSlope: _slope,
    RescaleType: _type,
    WindowCenter: _center,
    WindowWidth: _width,
    WindowCenterWidthExplanation: _explanation,
    ...bare
  } = slice!.attributes;
  return bare;
}
