// The value of one pixel, in the modality's units; in a spectrum, its velocity.
import { measure } from '../format.ts';
import { unitOf } from './measured.ts';
import { regionOverTime, wordsAt } from './measured-over-time.ts';
import type { MeasureTool } from './tool.ts';

export const probe: MeasureTool = {
  kind: 'measure',
  id: 'probe',
  name: 'toolProbe',
  icon: 'probe',
  keys: ['q'],
  draws: 'Probe',
  words(finding) {
    const [point] = finding.points;
    const region = regionOverTime(finding);
    const overTime = region && point && wordsAt(point, region);
    if (overTime) return overTime;
    const { value } = finding.stats as { value?: number | number[] };
    if (value === undefined || value === null) return undefined;
    const said = [value].flat().map((part) => measure(part, Number.isInteger(part) ? 0 : 2));
    return [`${said.join(' / ')} ${unitOf(finding)}`.trim()];
  },
};
