// Area and values of an ellipse.
import { ellipse } from '../viewport/region-statistics.ts';
import { regionWords } from './measured.ts';
import type { MeasureTool } from './tool.ts';

export const ellipticalRoi: MeasureTool = {
  kind: 'measure',
  id: 'elliptical-roi',
  name: 'toolEllipse',
  icon: 'ellipse',
  keys: ['e'],
  draws: 'EllipticalROI',
  words: regionWords(ellipse),
};
