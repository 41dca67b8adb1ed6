import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '#tests/installed.ts';
import { sampleStudies } from './all.ts';
import { crBeads } from './cr.ts';
import { ctRods, ctWires } from './ct.ts';
import type { MarkTriangle } from './known.ts';
import { mrTubes } from './mr.ts';
import type { Sample } from './study.ts';
import { usCrosses, usFrames } from './us.ts';
import { dicomFile } from './write.ts';

const studies = sampleStudies({ seed: 'known', studies: 4, slices: 3 });
const samples = studies.map((study) => [...study.samples()]);
const [ct, cr, mr, us] = samples as [Sample[], Sample[], Sample[], Sample[]];

interface Picture {
  readonly columns: number;
  readonly rows: number;
  at(column: number, row: number): number;
}

/** Stored values; of colour, how yellow a pixel is. */
function pictureOf({ attributes }: Sample, frame = 0): Picture {
  const [rows, columns] = [Number(attributes['Rows']), Number(attributes['Columns'])];
  const { buffer, byteOffset, byteLength } = attributes['PixelData'] as Uint8Array;
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  const isColour = attributes['SamplesPerPixel'] === 3;
  return {
    columns,
    rows,
    at(column, row) {
      const pixel = (frame * rows + row) * columns + column;
      if (!isColour) return bytes.readUInt16LE(2 * pixel);
      const [red, green, blue] = bytes.subarray(3 * pixel, 3 * pixel + 3) as unknown as [number, number, number];
      return Math.min(red, green) - blue;
    },
  };
}

/** Where a mark lies: the middle of what is brighter than `threshold` in its neighbourhood. */
function centreOfMark(picture: Picture, [column, row]: readonly [number, number], reach: number, threshold: number) {
  let [sum, columns, rows] = [0, 0, 0];
  for (let y = row - reach; y <= row + reach; y++)
    for (let x = column - reach; x <= column + reach; x++)
      if (picture.at(x, y) > threshold) [sum, columns, rows] = [sum + 1, columns + x, rows + y];
  expect(sum).toBeGreaterThan(0);
  return [columns / sum, rows / sum] as const;
}

/** Lengths in mm and angles in degrees, from the marks that are found in the picture. */
function measured(picture: Picture, known: MarkTriangle, spacingMm: number, reach: number, threshold: number) {
  const [corner, across, along] = [known.corner, known.across, known.along].map((mark) =>
    centreOfMark(picture, mark, reach, threshold),
  ) as [readonly [number, number], readonly [number, number], readonly [number, number]];
  const length = (a: readonly [number, number], b: readonly [number, number]) =>
    Math.hypot(a[0] - b[0], a[1] - b[1]) * spacingMm;
  const angle = (at: readonly [number, number], a: readonly [number, number], b: readonly [number, number]) => {
    const turn = Math.atan2(a[1] - at[1], a[0] - at[0]) - Math.atan2(b[1] - at[1], b[0] - at[0]);
    return (Math.acos(Math.cos(turn)) * 180) / Math.PI;
  };
  return {
    lengths: [length(corner, across), length(corner, along), length(across, along)],
    angles: [angle(corner, across, along), angle(across, corner, along), angle(along, corner, across)],
  };
}

test.each([
  ['CT', ct[1]!, ctWires, 0.75, 4, 2300, [48, 36, 60]],
  ['CR', cr[0]!, crBeads, 0.2, 15, 4090, [80, 60, 100]],
  ['MR T1', mr.find(({ name }) => name.startsWith('mr-t1'))!, mrTubes, 0.9375, 8, 300, [60, 45, 75]],
  ['MR FLAIR', mr.find(({ name }) => name.startsWith('mr-flair'))!, mrTubes, 0.9375, 8, 100, [60, 45, 75]],
  ['US', us[0]!, usCrosses, 0.1, 9, 250, [16, 12, 20]],
] as const)('the marks of the %s lie where they are said to, in mm and degrees', (...given) => {
  const [, sample, known, spacingMm, reach, threshold, lengths] = given;
  const found = measured(pictureOf(sample), known, spacingMm, reach, threshold);
  lengths.forEach((length, at) => expect(Math.abs(found.lengths[at]! - length)).toBeLessThan(spacingMm / 2));
  expect([known.acrossMm, known.alongMm, known.hypotenuseMm].map((mm) => Number(mm.toFixed(6)))).toEqual([...lengths]);
  [90, 36.87, 53.13].forEach((angle, at) => expect(Math.abs(found.angles[at]! - angle)).toBeLessThan(0.3));
  expect([known.acrossDegrees, known.alongDegrees].map((angle) => angle.toFixed(1))).toEqual(['36.9', '53.1']);
});

test('the spacing that the files say is the one that was measured with', () => {
  const said = (sample: Sample, keyword: string) => sample.attributes[keyword];
  expect(said(ct[0]!, 'PixelSpacing')).toEqual([0.75, 0.75]);
  expect(said(cr[0]!, 'ImagerPixelSpacing')).toEqual([0.2, 0.2]);
  expect(
    said(
      mr.find(({ name }) => name.startsWith('mr-t2'))!,
      'PixelSpacing',
    ),
  ).toEqual([0.9375, 0.9375]);
  expect(said(us[0]!, 'SequenceOfUltrasoundRegions')).toMatchObject([
    { PhysicalUnitsXDirection: 3, PhysicalDeltaX: 0.01, PhysicalDeltaY: 0.01 },
    { RegionDataType: 2, PhysicalDeltaX: 0.01 },
  ]);
});

test('the rods of the CT have their density in Hounsfield units, and air outside has −1000', () => {
  for (const sample of ct) {
    const { RescaleIntercept, RescaleSlope } = sample.attributes;
    const picture = pictureOf(sample);
    const mean = (column: number, row: number) => {
      const values: number[] = [];
      for (let y = -7; y <= 7; y++)
        for (let x = -7; x <= 7; x++) if (x * x + y * y <= 49) values.push(picture.at(column + x, row + y));
      return (
        (values.reduce((sum, value) => sum + value) / values.length) * Number(RescaleSlope) + Number(RescaleIntercept)
      );
    };
    for (const { column, row, hounsfield } of ctRods) expect(Math.abs(mean(column, row) - hounsfield)).toBeLessThan(4);
    expect(Math.abs(mean(20, 20) + 1000)).toBeLessThan(4);
  }
});

test('every slice of the MR lies where its position says: at right angles to its axes, evenly apart', () => {
  const bySeries = Map.groupBy(mr, ({ attributes }) => String(attributes['SeriesInstanceUID']));
  expect([...bySeries.values()].map((series) => series.length)).toEqual([7, 24, 24, 24, 48]);
  for (const series of bySeries.values()) {
    const { ImageOrientationPatient, SpacingBetweenSlices } = series[0]!.attributes;
    const [ax, ay, az, bx, by, bz] = ImageOrientationPatient as [number, number, number, number, number, number];
    expect([ax * bx + ay * by + az * bz, Math.hypot(ax, ay, az), Math.hypot(bx, by, bz)]).toEqual([
      expect.closeTo(0, 9),
      expect.closeTo(1, 9),
      expect.closeTo(1, 9),
    ]);
    const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
    const along = series.map(({ attributes }) =>
      (attributes['ImagePositionPatient'] as number[]).reduce((sum, at, axis) => sum + at * normal[axis]!, 0),
    );
    const slices = new Set(along.map((at) => at.toFixed(3)));
    const steps = [...slices].map(Number).map((at, index, all) => at - (all[index - 1] ?? Number.NaN));
    for (const step of steps.slice(1)) expect(step).toBeCloseTo(Number(SpacingBetweenSlices), 2);
  }
});

test('the infarct is bright at b 1000 and loses less than healthy tissue between the two b-values', () => {
  const dwi = mr.filter(({ name }) => name.startsWith('mr-dwi'));
  const b = dwi.map(({ attributes }) => attributes['DiffusionBValue']);
  expect([b.slice(0, 24), b.slice(24)]).toEqual([Array(24).fill(0), Array(24).fill(1000)]);
  // The slice through its middle; the same place on the other side is healthy.
  const [before, after] = [pictureOf(dwi[14]!), pictureOf(dwi[14 + 24]!)];
  const mean = (picture: Picture, column: number) => {
    let sum = 0;
    for (let y = -2; y <= 2; y++) for (let x = -2; x <= 2; x++) sum += picture.at(column + x, 62 + y);
    return sum / 25;
  };
  const [left, right] = [86, 127 - 86];
  expect(mean(after, left) / mean(before, left)).toBeCloseTo(Math.exp(-0.4), 1);
  expect(mean(after, right) / mean(before, right)).toBeCloseTo(Math.exp(-0.75), 1);
  expect(mean(after, left)).toBeGreaterThan(1.5 * mean(after, right));
});

test('the ultrasound loop moves from each frame to the next, and its marks stay', () => {
  const { PixelData, Rows, Columns } = us[0]!.attributes;
  const bytes = Buffer.from(PixelData as Uint8Array);
  const frameBytes = Number(Rows) * Number(Columns) * 3;
  expect(bytes.length).toBe(usFrames * frameBytes);
  const frames = Array.from({ length: usFrames }, (_, at) => bytes.subarray(at * frameBytes, (at + 1) * frameBytes));
  frames.forEach((frame, at) => expect(frame.equals(frames[(at + 1) % usFrames]!)).toBe(false));
  const { lengths } = measured(pictureOf(us[0]!, 17), usCrosses, 0.1, 9, 250);
  expect(lengths.map((mm) => mm.toFixed(1))).toEqual(['16.0', '12.0', '20.0']);
});

test('each kind has as many instances as it says, with UIDs of their own, in the study that was announced', () => {
  expect(samples.map((each) => each.length)).toEqual(studies.map(({ instances }) => instances));
  const uids = samples.flat().map(({ attributes }) => attributes['SOPInstanceUID']);
  expect(new Set(uids).size).toBe(uids.length);
  samples.forEach((each, at) => {
    for (const { attributes } of each)
      expect(attributes).toMatchObject({
        StudyInstanceUID: studies[at]!.StudyInstanceUID,
        PatientID: expect.stringMatching(/^LIGHTBOX-/),
        InstitutionName: 'Lightbox',
      });
  });
});

/** So many programs at once as there are processors. */
async function inLanes<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = values.entries();
  const lane = async () => {
    for (const [at, value] of left) results[at] = await work(value);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}

const run = promisify(execFile);
const hasDciodvfy = isInstalled('dciodvfy', '-version');

describe.skipIf(!hasDciodvfy)(`as dicom3tools checks them${hasDciodvfy ? '' : ' (dciodvfy is not installed)'}`, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-samples-'));
    for (const { name, attributes } of samples.flat()) await writeFile(join(directory, name), dicomFile(attributes));
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** What dciodvfy warns of, and why that is as it should be. */
  const justified: readonly (readonly [warning: RegExp, because: string])[] = [
    [
      /Unrecognized defined term <LOCALIZER> for value 3 of attribute <Image Type>/,
      'defined for CT (PS3.3 C.8.2.1.1.1); every MR scanner says it too, and viewers set such series apart by it',
    ],
    [
      /Attribute is not present in standard DICOM IOD - \(0x0018,0x(9075|9087)\)/,
      'the b-value of Enhanced MR (PS3.3 C.8.13.5.9), which scanners write into MR Images as well (PS3.2: Standard Extended)',
    ],
    [/this is a Standard Extended SOP Class/, 'follows from the one before'],
  ];

  async function complaintsOf(name: string): Promise<string[]> {
    // It answers on standard error, and its status says nothing.
    const { stderr } = await run('dciodvfy', [join(directory, name)]).catch((failed: { stderr: string }) => failed);
    return stderr
      .split('\n')
      .filter((line) => /^(Error|Warning)/.test(line))
      .filter((line) => !justified.some(([warning]) => line.startsWith('Warning') && warning.test(line)))
      .map((line) => `${name}: ${line}`);
  }

  test('no instance has an error, and each warning is one that we know the reason of', async () => {
    const files = await readdir(directory);
    const complaints = (await inLanes(files, complaintsOf)).flat();
    expect(complaints).toEqual([]);
    expect(files).toHaveLength(samples.flat().length);
  });

  test('it would have complained: a study without its UID is an error', async () => {
    const { StudyInstanceUID: _, ...incomplete } = ct[0]!.attributes;
    const path = join(directory, 'incomplete.dcm');
    await writeFile(path, dicomFile(incomplete));
    expect(spawnSync('dciodvfy', [path], { encoding: 'utf8' }).stderr).toMatch(/^Error.*StudyInstanceUID/m);
    await rm(path);
  });
});
