// Every tool, in the order people meet them.
import { angle } from './angle.ts';
import { byKeys } from './by-keys.ts';
import { cine } from './cine.ts';
import { cineFaster, cineSlower, cineSpeed } from './cine-speed.ts';
import { ellipticalRoi } from './elliptical-roi.ts';
import { redo, removeLast, undo } from './history.ts';
import { invert } from './invert.ts';
import { length } from './length.ts';
import { overlays } from './overlays.ts';
import { pan } from './pan.ts';
import { point } from './point.ts';
import { probe } from './probe.ts';
import { rectangleRoi } from './rectangle-roi.ts';
import { reset } from './reset.ts';
import { scroll } from './scroll.ts';
import { shutter } from './shutter.ts';
import { stepImages } from './step-images.ts';
import type { Tool } from './tool.ts';
import { flipHorizontal, flipVertical, rotateLeft, rotateRight } from './turn.ts';
import { windowLevel } from './window-level.ts';
import { windowPresets } from './window-presets.ts';
import { fit, pixelForPixel, zoom, zoomIn, zoomOut } from './zoom.ts';

export const tools: Tool[] = [
  windowLevel,
  scroll,
  pan,
  zoom,
  windowPresets,
  length,
  angle,
  ellipticalRoi,
  rectangleRoi,
  probe,
  point,
  invert,
  rotateRight,
  flipHorizontal,
  flipVertical,
  overlays,
  shutter,
  cine,
  cineSpeed,
  reset,
  removeLast,
  undo,
  redo,
  rotateLeft,
  cineSlower,
  cineFaster,
  ...stepImages,
  zoomIn,
  zoomOut,
  fit,
  pixelForPixel,
  ...byKeys,
];
