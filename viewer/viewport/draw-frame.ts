// Drawing a frame on the processor. Cornerstone calls this in place of its own drawing, which knows whole numbers and straight
// lines only, and puts an image that is rotated and mirrored elsewhere than the measurements on it.
import { sizeOf } from './element-size.ts';
import type { FrameImage } from './load-frame.ts';
import { paint } from './paint.ts';
import { placementOf, presentationOf, type Presentation } from './presentation.ts';
import { reductionFor } from './reduced-frame.ts';
import { paintableOf } from './reductions.ts';

/** The part of Cornerstone's CPU enabled element that drawing needs. */
interface EnabledElement {
  canvas: HTMLCanvasElement;
  image: FrameImage;
  viewport: { pixelReplication: boolean };
}

interface Picture {
  image: FrameImage;
  /** how many pixels of the image are one of the picture, along either side */
  by: number;
  presentation: Presentation;
  canvas: HTMLCanvasElement;
  data: ImageData;
}

// The last picture of each canvas: panning and zooming draw the same one again.
const pictures = new WeakMap<HTMLCanvasElement, Picture>();
const everyGrey: Presentation = { window: { center: 128, width: 256 }, inverse: false };

/** How many ask that an element is left as it is. */
const left = new WeakMap<Element, number>();

/**
 * Leaves what is on an element until the answer is called: before Cornerstone draws another image, or the first one, it draws what is
 * there once more, each time that something about it is set.
 */
export function leaveAsItIs(element: Element): () => void {
  left.set(element, (left.get(element) ?? 0) + 1);
  let isLeft = true;
  return () => {
    if (isLeft) left.set(element, left.get(element)! - 1);
    isLeft = false;
  };
}

export function drawFrame({ canvas, image, viewport }: EnabledElement): void {
  const element = canvas.closest('[data-viewport]');
  if (element && left.get(element)) return;
  const context = canvas.getContext('2d')!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = 'black';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = !viewport.pixelReplication;
  const matrix = matrixOf(canvas, image);
  if (!matrix) return;
  context.setTransform(...matrix);
  const { columns, rows } = image;
  const by = reductionFor(matrix);
  // The last ones of a reduced picture may stand for less than the others, and beyond the image.
  context.drawImage(pictureOf(canvas, image, by), 0, 0, columns / by, rows / by, 0, 0, columns, rows);
}

type Matrix = [number, number, number, number, number, number];

/** From three corners of the image: so it lies where everything else believes it to lie. */
export function matrixOf(canvas: HTMLCanvasElement, { imageId, columns, rows }: FrameImage): Matrix | undefined {
  const element = canvas.closest<HTMLElement>('[data-viewport]');
  const place = placementOf(element);
  // The centre of the first pixel is 0, 0; so its corner is half a pixel away.
  const corners = [
    [-0.5, -0.5],
    [columns - 0.5, -0.5],
    [-0.5, rows - 0.5],
  ].map((point) => place?.(imageId, point as [number, number]));
  const [origin, right, bottom] = corners;
  if (!element || !origin || !right || !bottom) return undefined;
  const density = canvas.width / sizeOf(element).width;
  const step = (to: number, from: number, pixels: number) => round(((to - from) * density) / pixels, 1e8);
  return [
    step(right[0], origin[0], columns),
    step(right[1], origin[1], columns),
    step(bottom[0], origin[0], rows),
    step(bottom[1], origin[1], rows),
    round(origin[0] * density, 1e3),
    round(origin[1] * density, 1e3),
  ];
}

/** What differs from a whole pixel by the last digits only would be drawn blurred. */
const round = (value: number, steps: number) => Math.round(value * steps) / steps;

function pictureOf(target: HTMLCanvasElement, image: FrameImage, by: number): HTMLCanvasElement {
  const presentation = presentationOf(target.closest('[data-viewport]')) ?? everyGrey;
  const before = pictures.get(target);
  if (before?.image === image && before.presentation === presentation && before.by === by) return before.canvas;
  const canvas = before?.canvas ?? document.createElement('canvas');
  const [columns, rows] = [Math.ceil(image.columns / by), Math.ceil(image.rows / by)];
  const isOfThatSize = canvas.width === columns && canvas.height === rows;
  if (!isOfThatSize) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = canvas.getContext('2d')!;
  const data = (isOfThatSize && before?.data) || context.createImageData(columns, rows);
  paint(paintableOf(image, by), presentation, new Uint32Array(data.data.buffer));
  context.putImageData(data, 0, 0);
  pictures.set(target, { image, by, presentation, canvas, data });
  return canvas;
}
