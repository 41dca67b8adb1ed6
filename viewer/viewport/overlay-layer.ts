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
  /** the shutter, as the graphics, for as many pixels as become one; the images of a series have as a rule all the same one */
  #shutter: { of: Shutter; by: number; mask: HTMLCanvasElement } | undefined;

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
    const shutter = shutterWanted ? image?.pixels.shutter : undefined;
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
    if (shutter) this.#drawShutter(context, shutter, image, reductionFor(matrix));
    if (mask) context.drawImage(mask, 0, 0);
  };

  close(): void {
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
    this.#canvas.remove();
  }

  #drawShutter(context: CanvasRenderingContext2D, of: Shutter, image: FrameImage, by: number): void {
    if (this.#shutter?.of !== of || this.#shutter.by !== by)
      this.#shutter = { of, by, mask: maskOf(Math.ceil(image.columns / by), someHidden(of, image, by), of.grey) };
    drawWithEdge(context, this.#shutter.mask, by);
  }

  #make(image: FrameImage | undefined): void {
    this.#of = image;
    this.#mask = undefined;
    const frame = image && knownFrame(image.imageId);
    if (!image || !frame) return;
    const { overlays, missing } = overlaysOn(frame, image.cells !== undefined);
    if (overlays.length > 0) this.#mask = maskOf(image.columns, pointsOf(image, overlays), 255);
    this.#options.change({
      overlays: overlays.length > 0 || missing ? 'there' : 'none',
      hasShutter: !!image.pixels.shutter,
    });
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

const around = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y] as const));

/**
 * Drawn larger or smaller, the pixels of an image run into their neighbours: of a bright border a line would stay along the shutter. So it
 * covers half a pixel more, and where several become one, all of those that have some of it, and their neighbours.
 * @param by  pixels of the image to one of the shutter
 */
function drawWithEdge(context: CanvasRenderingContext2D, mask: HTMLCanvasElement, by: number): void {
  const reach = by > 1 ? by : 0.49;
  context.imageSmoothingEnabled = false;
  for (const [x, y] of around) context.drawImage(mask, x * reach, y * reach, mask.width * by, mask.height * by);
  context.imageSmoothingEnabled = true;
}

/** Of squares of `by` × `by` pixels, from the first row and column on: those of which one is hidden (`reduced-frame.ts`). */
function someHidden({ hidden }: Shutter, { rows, columns }: FrameImage, by: number): Uint8Array {
  if (by === 1) return hidden;
  const width = Math.ceil(columns / by);
  const squares = new Uint8Array(width * Math.ceil(rows / by));
  for (let row = 0, at = 0; row < rows; row += 1) {
    const first = Math.floor(row / by) * width;
    for (let column = 0; column < columns; column += 1, at += 1)
      if (hidden[at] === 1) squares[first + Math.floor(column / by)] = 1;
  }
  return squares;
}

function pointsOf({ rows, columns, cells }: FrameImage, overlays: Parameters<typeof drawOverlay>[0][]): Uint8Array {
  const bytes = new Uint8Array(rows * columns);
  for (const overlay of overlays) drawOverlay(overlay, { rows, columns, channels: 1, bytes }, (at) => cells?.[at] ?? 0);
  return bytes;
}

/** Of one grey where a point is set, and clear elsewhere. */
function maskOf(columns: number, points: Uint8Array, grey: number): HTMLCanvasElement {
  const rows = points.length / columns;
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
