/** Ultrasound that is measured by its regions (PS3.3 C.8.5.5). Apart from the other samples: its loop takes most of a second to compute. */
import { usSeries } from '#samples/us.ts';
import { changed } from './reading-samples.ts';

const [loop] = [...usSeries({ seed: 'reading room', number: 3 })];
/** One screen of a duplex examination: tissue above, a spectrum of velocities below; 0.2 by 0.3 mm, 5 ms by 1.5 cm/s. */
export const duplex = changed(loop!, '5', {
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.6.1',
  PixelData: (loop!.attributes['PixelData'] as Uint8Array).subarray(0, 640 * 480 * 3),
  SequenceOfUltrasoundRegions: [
    ultrasoundRegion(1, [0, 0, 639, 239], [3, 3], [0.02, 0.03]),
    ultrasoundRegion(3, [0, 240, 639, 479], [4, 7], [0.005, -1.5]),
  ],
});
for (const attribute of ['NumberOfFrames', 'FrameIncrementPointer', 'FrameTime', 'CineRate', 'StartTrim', 'StopTrim'])
  delete (duplex.attributes as Record<string, unknown>)[attribute];

/** PS3.3 C.8.5.5.1. */
function ultrasoundRegion(format: number, [x0, y0, x1, y1]: number[], units: number[], deltas: number[]) {
  return {
    RegionSpatialFormat: format,
    RegionDataType: format === 3 ? 3 : 1,
    RegionFlags: 0,
    RegionLocationMinX0: x0!,
    RegionLocationMinY0: y0!,
    RegionLocationMaxX1: x1!,
    RegionLocationMaxY1: y1!,
    PhysicalUnitsXDirection: units[0]!,
    PhysicalUnitsYDirection: units[1]!,
    PhysicalDeltaX: deltas[0]!,
    PhysicalDeltaY: deltas[1]!,
  };
}
