// Every tool, in the order people meet them.
import { invert } from './invert.ts';
import { pan } from './pan.ts';
import { reset } from './reset.ts';
import { scroll } from './scroll.ts';
import { stepImages } from './step-images.ts';
import type { Tool } from './tool.ts';
import { windowLevel } from './window-level.ts';
import { windowPresets } from './window-presets.ts';
import { fit, zoom, zoomIn, zoomOut } from './zoom.ts';

export const tools: Tool[] = [
  windowLevel,
  scroll,
  pan,
  zoom,
  windowPresets,
  invert,
  reset,
  ...stepImages,
  zoomIn,
  zoomOut,
  fit,
];
