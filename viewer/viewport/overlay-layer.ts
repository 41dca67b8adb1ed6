// The overlays of group 60xx over the image of one viewport: a canvas of their own, so that they look alike whichever way the
// image is drawn, can be switched off, and never get into what is measured.
import { Enums } from '@cornerstonejs/core';
import { drawOverlay } from '#dicom/pixels/overlay-plane.ts';
import { matrixOf } from './draw-frame.ts';
import { sizeOf } from './element-size.ts';
import type { FrameImage } from './load-frame.ts';
import { knownFrame } from './known-frames.ts';
import { overlaysOn } from './overlay-planes.ts';

export type OverlayState = 'none' | 'there' | 'failed';

interface Options {
  /** the image that is on the screen */
  image: () => FrameImage | undefined;
  isWanted: () => boolean;
  onState: (state: OverlayState) => void;
}

export class OverlayLayer {
  readonly #element: HTMLElement;
  readonly #canvas = document.createElement('canvas');
  readonly #options: Options;
  /** the graphics of the image drawn last, in its own pixels; undefined while it has none */
  #mask: HTMLCanvasElement | undefined;
  #of: FrameImage | undefined;

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
    const isShown = this.#mask !== undefined && this.#options.isWanted();
    this.#canvas.hidden = !isShown;
    if (!image || !this.#mask || !isShown) return;
    const canvas = this.#canvas;
    const { width, height } = sizeOf(this.#element);
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const matrix = matrixOf(canvas, image);
    if (!matrix) return;
    const context = canvas.getContext('2d')!;
    context.setTransform(...matrix);
    context.drawImage(this.#mask, 0, 0);
  };

  close(): void {
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
    this.#canvas.remove();
  }

  #make(image: FrameImage | undefined): void {
    this.#of = image;
    this.#mask = undefined;
    const frame = image && knownFrame(image.imageId);
    if (!image || !frame) return;
    const { overlays, missing } = overlaysOn(frame, image.cells !== undefined);
    if (overlays.length > 0) this.#mask = maskOf(image, overlays);
    this.#options.onState(overlays.length > 0 || missing ? 'there' : 'none');
    missing?.then(
      () => this.#again(image),
      () => this.#of === image && this.#options.onState('failed'),
    );
  }

  /** What was missing has come. */
  #again(image: FrameImage): void {
    if (this.#of !== image) return;
    this.#of = undefined;
    this.draw();
  }
}

function maskOf({ rows, columns, cells }: FrameImage, overlays: Parameters<typeof drawOverlay>[0][]) {
  const bytes = new Uint8Array(rows * columns);
  for (const overlay of overlays) drawOverlay(overlay, { rows, columns, channels: 1, bytes }, (at) => cells?.[at] ?? 0);
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d')!;
  const data = context.createImageData(columns, rows);
  const words = new Uint32Array(data.data.buffer);
  bytes.forEach((point, at) => point && (words[at] = 0xffffffff));
  context.putImageData(data, 0, 0);
  return canvas;
}
