/**
 * What holds for each frame of the corpus' enhanced multi-frame files, as the viewer reads it from DICOM JSON, against pydicom: place,
 * orientation, spacing, rescaling and window of the functional groups (PS3.3 C.7.6.16).
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import type { JsonDataset } from '#viewer/archive-client.ts';
import { displaySets } from '#viewer/viewport/display-sets.ts';
import { framePixels, pixelFormatOf } from '#viewer/viewport/frame-pixels.ts';
import { orientationOf, positionOf } from '#viewer/viewport/geometry.ts';
import { spacingOf } from '#viewer/viewport/spacing.ts';
import { windowsInFile } from '#viewer/viewport/windows.ts';
import { corpusFile, corpusPath, hasCorpus } from '../corpus.ts';
import { pythonWithPydicom } from '../installed.ts';
import { openStoredFile } from '../stored-file.ts';

/** Debian's packages are for Debian's Python, which need not be the first on PATH. */
const python = pythonWithPydicom();

const files = [
  'multiframe/6_1.dcm',
  'multiframe/6_2.dcm',
  'multiframe/6_3.dcm',
  'multiframe/6_4.dcm',
  'multiframe/MOVEKNEE.dcm',
  'multiframe/cine-test.dcm',
  'modality/ct/mf.dcm',
  'modality/ct/eCT_Supplemental.dcm',
  'modality/pm/parametric_map_float.dcm',
  'modality/seg/liver.dcm',
  'modality/seg/partial_overlaps.dcm',
  'syntax/jpeg-lossless/CT0012.fragmented_no_bot_jpeg_lossless.70.dcm',
];

const script = `
import json, sys, warnings
import pydicom
warnings.simplefilter('ignore')
def group(ds, frame, macro):
    for groups in (ds.PerFrameFunctionalGroupsSequence[frame], ds.SharedFunctionalGroupsSequence[0]):
        if macro in groups and len(groups[macro].value): return groups[macro].value[0]
    return {}
def numbers(item, keyword):
    value = item.get(keyword) if item else None
    if value is None: return None
    return [float(v) for v in value] if hasattr(value, '__iter__') else [float(value)]
def frames(path):
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    return [{
        'position': numbers(group(ds, i, 'PlanePositionSequence'), 'ImagePositionPatient'),
        'orientation': numbers(group(ds, i, 'PlaneOrientationSequence'), 'ImageOrientationPatient'),
        'spacing': numbers(group(ds, i, 'PixelMeasuresSequence'), 'PixelSpacing'),
        'slope': (numbers(group(ds, i, 'PixelValueTransformationSequence'), 'RescaleSlope') or [1])[0],
        'intercept': (numbers(group(ds, i, 'PixelValueTransformationSequence'), 'RescaleIntercept') or [0])[0],
        'center': (numbers(group(ds, i, 'FrameVOILUTSequence'), 'WindowCenter') or [None])[0],
        'width': (numbers(group(ds, i, 'FrameVOILUTSequence'), 'WindowWidth') or [None])[0],
    } for i in range(int(ds.NumberOfFrames))]
print(json.dumps([frames(path) for path in sys.argv[1:]]))
`;

interface FrameFacts {
  position: number[] | null;
  orientation: number[] | null;
  spacing: number[] | null;
  slope: number;
  intercept: number;
  center: number | null;
  width: number | null;
}

describe.skipIf(!hasCorpus || !python)('the functional groups of real enhanced files', () => {
  test('say of each frame to the viewer what they say to pydicom', async () => {
    const { stdout, stderr } = spawnSync(python!, ['-c', script, ...files.map(corpusPath)], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    const expected = JSON.parse(stdout) as FrameFacts[][];
    for (const [index, path] of files.entries()) {
      const instance = await metadataOf(path);
      const said = expected[index]!.map((_, at) => factsOf(instance, at + 1));
      expect(said, path).toEqual(expected[index]);
    }
  });

  test.each([
    ['multiframe/6_1.dcm', 1],
    ['multiframe/MOVEKNEE.dcm', 1],
    ['modality/ct/mf.dcm', 1],
  ])('%s is shown as %i stack, each frame once', async (path, stacks) => {
    const sets = displaySets('1', '2', [await metadataOf(path)]);
    expect(sets.map(({ distinction }) => distinction)).toHaveLength(stacks);
    const numbers = new Set(sets.flatMap(({ frames }) => frames.map(({ frameNumber }) => frameNumber)));
    expect(numbers.size).toBe(Number((await metadataOf(path))['00280008']?.Value?.[0]));
  });
});

async function metadataOf(path: string): Promise<JsonDataset> {
  const { whole } = (await openStoredFile(corpusFile(path)))!;
  return toDicomJson(whole) as unknown as JsonDataset;
}

function factsOf(instance: JsonDataset, frame: number): FrameFacts {
  const { rowMm, columnMm, state } = spacingOf(instance, frame);
  const window = windowsInFile(instance, frame)[0];
  const format = {
    ...pixelFormatOf(instance),
    rows: 1,
    columns: 2,
    sample: 'integer',
    photometric: 'MONOCHROME2',
  } as const;
  const [atZero, atOne] = framePixels([0, 1], format, instance, frame).values as unknown as [number, number];
  return {
    position: positionOf(instance, frame) ?? null,
    orientation: orientationOf(instance, frame) ?? null,
    spacing: state === 'none' ? null : [rowMm, columnMm],
    slope: atOne - atZero,
    intercept: atZero,
    center: window?.center ?? null,
    width: window?.width ?? null,
  };
}
