// The angle between two lines that meet: three clicks or two drags.
import { measure } from '../format.ts';
import { text } from '../text.ts';
import { spacingOfFinding } from './measured.ts';
import { regionOverTime } from './measured-over-time.ts';
import type { MeasureTool } from './tool.ts';

export const angle: MeasureTool = {
  kind: 'measure',
  id: 'angle',
  name: 'toolAngle',
  icon: 'angle',
  keys: ['a'],
  draws: 'Angle',
  words(finding) {
    const [one, corner, other] = finding.points;
    if (!one || !corner || !other) return undefined;
    // Nor between tissue and a spectrum beside it.
    const isOverTime = finding.points.some((point) => regionOverTime({ ...finding, points: [point] }));
    if (isOverTime) return [text('noAngleHere')];
    // Pixels need not be square.
    const { rowMm, columnMm } = spacingOfFinding(finding);
    const direction = ([x, y]: [number, number]) => Math.atan2((y - corner[1]) * rowMm, (x - corner[0]) * columnMm);
    const between = Math.abs(direction(one) - direction(other));
    return [`${measure(((between > Math.PI ? 2 * Math.PI - between : between) * 180) / Math.PI, 1)}°`];
  },
};
