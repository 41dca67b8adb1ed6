// What Cornerstone and its tools may know of a frame, in their words: answered from the metadata of WADO-RS by our own reading
// of the standard (functional groups of each frame, spacing with its state), so that none of theirs decides.
import { metaData } from '@cornerstonejs/core';
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { pixelFormatOf } from './frame-pixels.ts';
import { orientationOf, positionOf } from './geometry.ts';
import { knownFrame } from './known-frames.ts';
import { spacingOf } from './spacing.ts';
import { isHeldInColor } from './held-in-color.ts';

const modules: Record<string, (frame: Frame) => object> = {
  imagePlaneModule: ({ instance, frameNumber }) => {
    const cosines = orientationOf(instance, frameNumber) ?? [1, 0, 0, 0, 1, 0];
    const { rowMm, columnMm } = spacingOf(instance, frameNumber);
    const { rows, columns } = pixelFormatOf(instance);
    return {
      rows,
      columns,
      frameOfReferenceUID: string(instance, '00200052') ?? string(instance, '0020000E'),
      imageOrientationPatient: cosines,
      rowCosines: cosines.slice(0, 3),
      columnCosines: cosines.slice(3),
      imagePositionPatient: positionOf(instance, frameNumber) ?? [0, 0, 0],
      rowPixelSpacing: rowMm,
      columnPixelSpacing: columnMm,
      pixelSpacing: [rowMm, columnMm],
      usingDefaultValues: false,
    };
  },
  imagePixelModule: ({ instance }) => {
    const { rows, columns, photometric, bitsAllocated, bitsStored, highBit, signed } = pixelFormatOf(instance);
    // As the image is held: colour is RGB by pixel.
    const isColor = isHeldInColor(instance);
    return {
      rows,
      columns,
      samplesPerPixel: isColor ? 3 : 1,
      photometricInterpretation: isColor ? 'RGB' : photometric,
      bitsAllocated: isColor ? 8 : bitsAllocated,
      bitsStored: isColor ? 8 : bitsStored,
      highBit: isColor ? 7 : highBit,
      pixelRepresentation: signed ? 1 : 0,
      planarConfiguration: 0,
    };
  },
  generalSeriesModule: ({ instance }) => ({
    modality: string(instance, '00080060') ?? 'OT',
    seriesInstanceUID: string(instance, '0020000E'),
    studyInstanceUID: string(instance, '0020000D'),
  }),
  sopCommonModule: ({ instance, SOPInstanceUID }) => ({
    sopClassUID: string(instance, '00080016'),
    sopInstanceUID: SOPInstanceUID,
  }),
  // Values are in the modality's units already (frame-pixels.ts).
  modalityLutModule: () => ({ rescaleSlope: 1, rescaleIntercept: 0 }),
};

// Each image that is drawn is asked for dozens of times; what it is made of never changes.
const answers = new WeakMap<Frame, Map<string, object>>();

function answerOf(frame: Frame, type: string, read: (frame: Frame) => object): object {
  const known = answers.get(frame) ?? new Map<string, object>();
  answers.set(frame, known);
  const answer = known.get(type) ?? read(frame);
  known.set(type, answer);
  return answer;
}

export function provideMetadata(): void {
  const provider = (type: string, imageId: unknown) => {
    const frame = typeof imageId === 'string' ? knownFrame(imageId) : undefined;
    return frame && modules[type] && answerOf(frame, type, modules[type]);
  };
  metaData.addProvider(provider, 10_000);
}
