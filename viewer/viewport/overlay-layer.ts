// What the file lays over the image of one viewport, the shutter around it and the overlays of group 60xx: on a canvas of their own, so
// that they look alike whichever way the image is drawn, can be switched off, and never get into what is measured.
import { Enums } from '@cornerstonejs/core';
import { drawOverlay } from '#dicom/pixels/overlay-plane.ts';
import { matrixOf } from './draw-frame.ts';
import { sizeOf } from './element-size.ts';
import type { FrameImage } from './load-frame.ts';
import { knownFrame } from './known-frames.ts';
import { overlaysOn } from './overlay-planes.ts';
import { reductionFor, reductionOfLines } from './reduced-frame.ts';
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
  /** the graphics of the image drawn last, a byte for each of its pixels; undefined while it has none */
  #points: Uint8Array | undefined;
  #of: FrameImage | undefined;
  #graphics: Mask | undefined;
  /** the images of a series have as a rule all the same one */
  #shutter: Mask | undefined;

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
    const points = overlaysWanted ? this.#points : undefined;
    this.#canvas.hidden = !shutter && !points;
    if (!image || this.#canvas.hidden) return;
    const canvas = this.#canvas;
    const { width, height } = sizeOf(this.#element);
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const matrix = matrixOf(canvas, image);
    if (!matrix) return;
    const context = canvas.getContext('2d')!;
    context.setTransform(...matrix);
    if (shutter) {
      const by = reductionFor(matrix);
      this.#shutter = maskOf(this.#shutter, { of: shutter.hidden, by, grey: shutter.grey }, image);
      drawWithEdge(context, this.#shutter);
    }
    if (points) {
      const by = reductionOfLines(matrix);
      this.#graphics = maskOf(this.#graphics, { of: points, by, grey: 255 }, image);
      const { canvas: mask } = this.#graphics;
      context.drawImage(mask, 0, 0, mask.width * by, mask.height * by);
    }
  };

  close(): void {
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
    this.#canvas.remove();
  }

  #make(image: FrameImage | undefined): void {
    this.#of = image;
    this.#points = undefined;
    const frame = image && knownFrame(image.imageId);
    if (!image || !frame) return;
    const { overlays, missing } = overlaysOn(frame, image.cells !== undefined);
    if (overlays.length > 0) this.#points = pointsOf(image, overlays);
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

/** What is drawn of one grey where a point is set, and clear elsewhere. */
interface Mask {
  /** a byte for each pixel of the image, 0 where nothing is set */
  of: Uint8Array;
  /** pixels of the image to one of the mask, along either side */
  by: number;
  canvas: HTMLCanvasElement;
}

const around = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y] as const));

/**
 * Drawn larger or smaller, the pixels of an image run into their neighbours: of a bright border a line would stay along the shutter. So it
 * covers half a pixel more, and where several become one, all of those that have some of it, and their neighbours.
 */
function drawWithEdge(context: CanvasRenderingContext2D, { canvas: mask, by }: Mask): void {
  const reach = by > 1 ? by : 0.49;
  context.imageSmoothingEnabled = false;
  for (const [x, y] of around) context.drawImage(mask, x * reach, y * reach, mask.width * by, mask.height * by);
  context.imageSmoothingEnabled = true;
}

/** Squares of `by` × `by` pixels, from the first row and column on, of which one is set (`reduced-frame.ts`): no thin line gets lost. */
function someSet(of: Uint8Array, by: number, { rows, columns }: FrameImage): Uint8Array {
  if (by === 1) return of;
  const width = Math.ceil(columns / by);
  const squares = new Uint8Array(width * Math.ceil(rows / by));
  for (let row = 0, at = 0; row < rows; row += 1) {
    const first = Math.floor(row / by) * width;
    for (let column = 0; column < columns; column += 1, at += 1)
      if (of[at] !== 0) squares[first + Math.floor(column / by)] = 1;
  }
  return squares;
}

function pointsOf({ rows, columns, cells }: FrameImage, overlays: Parameters<typeof drawOverlay>[0][]): Uint8Array {
  const bytes = new Uint8Array(rows * columns);
  for (const overlay of overlays) drawOverlay(overlay, { rows, columns, channels: 1, bytes }, (at) => cells?.[at] ?? 0);
  return bytes;
}

/** @param known  the one before, which may be the same */
function maskOf(
  known: Mask | undefined,
  { of, by, grey }: Omit<Mask, 'canvas'> & { grey: number },
  image: FrameImage,
): Mask {
  if (known?.of === of && known.by === by) return known;
  const points = someSet(of, by, image);
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(image.columns / by);
  canvas.height = Math.ceil(image.rows / by);
  const context = canvas.getContext('2d')!;
  const data = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(data.data.buffer);
  const word = (0xff000000 | (grey * 0x010101)) >>> 0;
  points.forEach((point, at) => point && (words[at] = word));
  context.putImageData(data, 0, 0);
  return { of, by, canvas };
}
