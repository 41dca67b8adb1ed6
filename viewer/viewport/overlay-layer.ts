// What the file lays over the image of one viewport, the shutter around it and the overlays of group 60xx: on a canvas of their own, so
// that they look alike whichever way the image is drawn, can be switched off, and never get into what is measured.
import { Enums } from '@cornerstonejs/core';
import { drawOverlay } from '#dicom/pixels/overlay-plane.ts';
import type { Shutter } from '#dicom/pixels/shutter.ts';
import { matrixOf } from './draw-frame.ts';
import { sizeOf } from './element-size.ts';
import type { FrameImage } from './load-frame.ts';
import { knownFrame } from './known-frames.ts';
import { overlaysOn } from './overlay-planes.ts';
import { reductionFor } from './reduced-frame.ts';
import type { StackState } from './stack-state.ts';

interface Options {
  /** the image that is on the screen */
  image: () => FrameImage | undefined;
  wanted: () => Pick<StackState, 'overlaysWanted' | 'shutterWanted'>;
  change: (part: Partial<Pick<StackState, 'overlays' | 'hasShutter'>>) => void;
}

export class OverlayLayer {
  readonly #element: HTMLElement;
  readonly #canvas = document.createElement('canvas');
  readonly #options: Options;
  /** the graphics of the image drawn last, in its own pixels; undefined while it has none */
  #mask: HTMLCanvasElement | undefined;
  #of: FrameImage | undefined;
  /** the shutter, as the graphics; the images of a series have as a rule all the same one */
  #shutter: { of: Shutter; mask: HTMLCanvasElement } | undefined;

  constructor(element: HTMLElement, options: Options) {
    this.#element = element;
    this.#options = options;
    this.#canvas.className = 'planes';
    this.#canvas.hidden = true;
    element.querySelector('.svg-layer')?.before(this.#canvas);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
  }

  readonly draw = (): void => {
    const image = this.#options.image();
    if (image !== this.#of) this.#make(image);
    const { overlaysWanted, shutterWanted } = this.#options.wanted();
    const shutter = shutterWanted ? this.#shutter?.mask : undefined;
    const mask = overlaysWanted ? this.#mask : undefined;
    this.#canvas.hidden = !shutter && !mask;
    if (!image || this.#canvas.hidden) return;
    const canvas = this.#canvas;
    const { width, height } = sizeOf(this.#element);
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const matrix = matrixOf(canvas, image);
    if (!matrix) return;
    const context = canvas.getContext('2d')!;
    context.setTransform(...matrix);
    if (shutter) drawWithEdge(context, shutter, reductionFor(matrix));
    if (mask) context.drawImage(mask, 0, 0);
  };

  close(): void {
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
    this.#canvas.remove();
  }

  #make(image: FrameImage | undefined): void {
    this.#of = image;
    this.#mask = undefined;
    const shutter = image?.pixels.shutter;
    if (!image || shutter !== this.#shutter?.of)
      this.#shutter = image && shutter && { of: shutter, mask: maskOf(image, shutter.hidden, shutter.grey) };
    const frame = image && knownFrame(image.imageId);
    if (!image || !frame) return;
    const { overlays, missing } = overlaysOn(frame, image.cells !== undefined);
    if (overlays.length > 0) this.#mask = maskOf(image, pointsOf(image, overlays), 255);
    this.#options.change({ overlays: overlays.length > 0 || missing ? 'there' : 'none', hasShutter: !!shutter });
    missing?.then(
      () => this.#again(image),
      () => this.#of === image && this.#options.change({ overlays: 'failed' }),
    );
  }

  /** What was missing has come. */
  #again(image: FrameImage): void {
    if (this.#of !== image) return;
    this.#of = undefined;
    this.draw();
  }
}

const corners = [
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
] as const;

/**
 * Drawn larger or smaller, the pixels of an image run into their neighbours: of a bright border a line would stay along the shutter. So it
 * covers half a pixel more, and where several become one, those that may have some of it.
 */
function drawWithEdge(context: CanvasRenderingContext2D, mask: HTMLCanvasElement, by: number): void {
  const reach = by > 1 ? 1.5 * by : 0.49;
  context.imageSmoothingEnabled = false;
  for (const [x, y] of corners) context.drawImage(mask, x * reach, y * reach);
  context.imageSmoothingEnabled = true;
}

function pointsOf({ rows, columns, cells }: FrameImage, overlays: Parameters<typeof drawOverlay>[0][]): Uint8Array {
  const bytes = new Uint8Array(rows * columns);
  for (const overlay of overlays) drawOverlay(overlay, { rows, columns, channels: 1, bytes }, (at) => cells?.[at] ?? 0);
  return bytes;
}

/** Of one grey where a point is set, and clear elsewhere. */
function maskOf({ rows, columns }: FrameImage, points: Uint8Array, grey: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d')!;
  const data = context.createImageData(columns, rows);
  const words = new Uint32Array(data.data.buffer);
  const word = (0xff000000 | (grey * 0x010101)) >>> 0;
  points.forEach((point, at) => point && (words[at] = word));
  context.putImageData(data, 0, 0);
  return canvas;
}
