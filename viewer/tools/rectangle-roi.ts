// Area and values of a rectangle.
import { rectangle } from '../viewport/region-statistics.ts';
import { regionWords } from './measured.ts';
import type { MeasureTool } from './tool.ts';

export const rectangleRoi: MeasureTool = {
  kind: 'measure',
  id: 'rectangle-roi',
  name: 'toolRectangle',
  icon: 'rectangle',
  keys: ['b'],
  draws: 'RectangleROI',
  words: regionWords(rectangle),
};
