// The value of one pixel, in the modality's units; in a spectrum, its velocity.
import { measure } from '../format.ts';
import { pixelFormatOf } from '../viewport/frame-pixels.ts';
import type { Finding } from '../viewport/measuring.ts';
import { placesOf, scaleOf } from './measured.ts';
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
    const at = point && pixelAt(finding, point);
    if (!at) return undefined;
    const { factor, offset, unit } = scaleOf(finding, at);
    const said = at
      .map((part) => part * factor + offset)
      .map((value) => measure(value, Number.isInteger(value) ? 0 : placesOf(value)));
    return [`${said.join(' / ')} ${unit}`.trim()];
  },
};

/** Its value, or the three of a colour; undefined outside of the image. */
function pixelAt({ frame, pixels }: Finding, [x, y]: [number, number]): number[] | undefined {
  const { columns, rows } = pixelFormatOf(frame.instance);
  const [column, row] = [Math.round(x), Math.round(y)];
  if (!pixels || column < 0 || row < 0 || column >= columns || row >= rows) return undefined;
  const at = row * columns + column;
  return pixels.color ? Array.from(pixels.values.subarray(3 * at, 3 * at + 3)) : [pixels.values[at]!];
}
