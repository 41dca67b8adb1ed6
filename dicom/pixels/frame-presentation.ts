/**
 * All that turns one frame's stored values into a picture (PS3.4 N.2, PS3.3 C.11), collected from its data set: plain
 * values, so that the pixels may be in another thread than the data set.
 */
import type { Dataset } from '../data/dataset.ts';
import { isInvertedAsRead, windowAsRead } from './as-read.ts';
import type { ImagePixel } from './image-pixel.ts';
import { type ModalityLut, modalityLutOf, modalityValue } from './modality-lut.ts';
import { shutterAttributesOf } from './display-shutter.ts';
import type { Overlay } from './overlay-plane.ts';
import { overlaysOf } from './overlay.ts';
import { type Palette, paletteOf, supplementalPaletteOf } from './palette.ts';
import { type PixelPadding, pixelPaddingOf } from './pixel-padding.ts';
import { type PresentationLut, presentationLutOf } from './presentation-lut.ts';
import { readAttributesOf } from './read-attributes.ts';
import type { ShutterAttributes } from './shutter.ts';
import { type VoiLut, voiLutOf, type Window } from './voi-lut.ts';

export interface FramePresentation {
  readonly modalityLut: ModalityLut;
  /** Undefined: from the darkest to the brightest value that the frame has. */
  readonly voiLut: VoiLut | undefined;
  readonly presentationLut: PresentationLut;
  readonly padding: PixelPadding | undefined;
  /** Of PALETTE COLOR, or the supplemental one of a greyscale image. */
  readonly palette: Palette | undefined;
  readonly shutter: ShutterAttributes | undefined;
  readonly overlays: readonly Overlay[];
}

export interface PresentationOptions {
  /** Counted from 1. */
  readonly frame: number;
  /** Instead of what the data set says. */
  readonly window?: Window | undefined;
  /** As readers begin where the data set says nothing of it (`as-read.ts`). */
  readonly asRead?: boolean;
  /** Pixel cells still hold the bits outside of Bits Stored: the transfer syntax keeps whole cells. */
  readonly unusedBits: boolean;
}

/** @param dataset everything before Pixel Data at least */
export function framePresentationOf(
  dataset: Dataset,
  image: ImagePixel,
  { frame, window, asRead = false, unusedBits }: PresentationOptions,
): FramePresentation {
  const { photometricInterpretation, isSigned, samplesPerPixel } = image;
  const modalityLut = modalityLutOf(dataset, frame, isSigned);
  const palette =
    photometricInterpretation === 'PALETTE COLOR'
      ? paletteOf(dataset, isSigned)
      : supplementalPaletteOf(dataset, isSigned);
  const read = asRead ? readAttributesOf(dataset, frame, samplesPerPixel > 1 || palette !== undefined) : undefined;
  const begins = read && windowAsRead(read);
  const voiLut = ofWindow(window) ?? voiLutOf(dataset, frame, maybeNegative(modalityLut, image)) ?? ofWindow(begins);
  const presentationLut = presentationLutOf(dataset, photometricInterpretation);
  const isAsItIs = presentationLut.kind === 'shape' && !presentationLut.inverse;
  const isTurned = read !== undefined && isInvertedAsRead(read, isAsItIs);
  return {
    modalityLut,
    voiLut,
    presentationLut: isTurned ? { kind: 'shape', inverse: true } : presentationLut,
    padding: pixelPaddingOf(dataset, image),
    palette,
    shutter: shutterAttributesOf(dataset, frame),
    overlays: overlaysOf(dataset, frame, unusedBits ? image : undefined),
  };
}

const ofWindow = (window: Window | undefined): VoiLut | undefined => window && { kind: 'window', window };

/** Modality values below zero can occur: then a VOI LUT's first input is signed (C.11.2.1.1). */
function maybeNegative(lut: ModalityLut, { isSigned, bitsStored }: ImagePixel): boolean {
  if (lut.kind === 'table') return false;
  const smallest = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  return Math.min(modalityValue(lut, smallest), modalityValue(lut, smallest + 2 ** bitsStored - 1)) < 0;
}
