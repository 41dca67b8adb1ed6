// All that draws images and measures on them, with Cornerstone, which it is made of: 2 MB of script. The page asks for it by itself
// (drawing-code.ts) and imports nothing of it, so that words and preview are on the screen before.
import { ImageStack } from './image-stack.ts';
import { keepMeasurements } from './kept-measurements.ts';
import {
  cancelMeasuring,
  draw,
  forgetMeasurements,
  isMeasuring,
  offerMeasures,
  redoMeasurement,
  removeMeasurement,
  undoMeasurement,
} from './measuring.ts';

export const drawing = {
  ImageStack,
  keepMeasurements,
  cancelMeasuring,
  draw,
  forgetMeasurements,
  isMeasuring,
  offerMeasures,
  redoMeasurement,
  removeMeasurement,
  undoMeasurement,
};
