// The distance between two points.
import { lengthBetween, spacingOfFinding, stateLine } from './measured.ts';
import type { MeasureTool } from './tool.ts';

export const length: MeasureTool = {
  kind: 'measure',
  id: 'length',
  name: 'toolLength',
  icon: 'length',
  keys: ['d'],
  draws: 'Length',
  words(finding) {
    const [from, to] = finding.points;
    if (!from || !to) return undefined;
    const spacing = spacingOfFinding(finding);
    return [lengthBetween(from, to, spacing), ...stateLine(spacing)];
  },
};
