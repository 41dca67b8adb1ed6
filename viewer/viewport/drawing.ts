// All that draws images and measures on them, with Cornerstone, which it is made of: 2 MB of script. The page asks for it by itself
// (drawing-code.ts) and imports nothing of it, so that list, preview and words are on the screen before.
export { ImageStack } from './image-stack.ts';
export { keepMeasurements } from './kept-measurements.ts';
export {
  cancelMeasuring,
  draw,
  forgetMeasurements,
  isMeasuring,
  offerMeasures,
  redoMeasurement,
  removeMeasurement,
  undoMeasurement,
} from './measuring.ts';
