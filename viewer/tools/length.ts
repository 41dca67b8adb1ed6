// The distance between two points.
import { lengthBetween, spacingOfFinding, stateLine } from './measured.ts';
import { regionOverTime, wordsBetween } from './measured-over-time.ts';
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
    const region = regionOverTime(finding);
    if (region) return wordsBetween(from, to, region);
    const spacing = spacingOfFinding(finding);
    return [lengthBetween(from, to, spacing), ...stateLine(spacing)];
  },
};
