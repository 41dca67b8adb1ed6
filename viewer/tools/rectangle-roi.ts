// Area and values of a rectangle.
import { RectangleROITool } from '@cornerstonejs/tools';
import { regionWords } from './measured.ts';
import type { MeasureTool } from './tool.ts';

export const rectangleRoi: MeasureTool = {
  kind: 'measure',
  id: 'rectangle-roi',
  name: 'toolRectangle',
  icon: 'rectangle',
  keys: ['b'],
  toolClass: RectangleROITool,
  words: regionWords,
};
