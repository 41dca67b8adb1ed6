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
  painted: Rows;
}

/** Of a picture, without the last one. */
interface Rows {
  from: number;
  to: number;
}

// The last picture of each canvas: panning and zooming draw the same one again, and paint what comes into sight.
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
  const picture = pictureOf(canvas, image, by);
  paintRows(picture, rowsInSight(matrix, canvas, picture));
  // The last ones of a reduced picture may stand for less than the others, and beyond the image.
  context.drawImage(picture.canvas, 0, 0, columns / by, rows / by, 0, 0, columns, rows);
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
  const matrix: Matrix = [
    step(right[0], origin[0], columns),
    step(right[1], origin[1], columns),
    step(bottom[0], origin[0], rows),
    step(bottom[1], origin[1], rows),
    round(origin[0] * density, 1e3),
    round(origin[1] * density, 1e3),
  ];
  const [a, b, c, d] = matrix;
  // What is hidden has no size, so nothing has a place in it.
  return matrix.every(Number.isFinite) && a * d !== b * c ? matrix : undefined;
}

/** What differs from a whole pixel by the last digits only would be drawn blurred. */
const round = (value: number, steps: number) => Math.round(value * steps) / steps;

function pictureOf(target: HTMLCanvasElement, image: FrameImage, by: number): Picture {
  const presentation = presentationOf(target.closest('[data-viewport]')) ?? everyGrey;
  const before = pictures.get(target);
  if (before?.image === image && before.presentation === presentation && before.by === by) return before;
  const canvas = before?.canvas ?? document.createElement('canvas');
  const [columns, rows] = [Math.ceil(image.columns / by), Math.ceil(image.rows / by)];
  const isOfThatSize = canvas.width === columns && canvas.height === rows;
  if (!isOfThatSize) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const data = (isOfThatSize && before?.data) || canvas.getContext('2d')!.createImageData(columns, rows);
  const picture = { image, by, presentation, canvas, data, painted: { from: 0, to: 0 } };
  pictures.set(target, picture);
  return picture;
}

/** Drawing smoothly takes from rows beside those in sight. */
const besides = 4;

/** The rows of a picture that its place on the screen shows, all in between included. */
function rowsInSight([a, b, c, d, e, f]: Matrix, { width, height }: HTMLCanvasElement, { by, data }: Picture): Rows {
  const rowAt = (x: number, y: number) => (a * (y - f) - b * (x - e)) / (a * d - b * c) / by;
  const corners = [rowAt(0, 0), rowAt(width, 0), rowAt(0, height), rowAt(width, height)];
  const within = (row: number) => Math.min(Math.max(row, 0), data.height);
  return {
    from: within(Math.floor(Math.min(...corners)) - besides),
    to: within(Math.ceil(Math.max(...corners)) + besides),
  };
}

/** Paints those that are not painted yet. */
function paintRows(picture: Picture, { from, to }: Rows): void {
  const { painted } = picture;
  // What lies apart from all that is painted begins anew.
  if (painted.from === painted.to || to < painted.from || from > painted.to) painted.from = painted.to = from;
  const missing = [
    { from, to: painted.from },
    { from: painted.to, to },
  ];
  for (const rows of missing) if (rows.from < rows.to) paintAll(picture, rows);
  picture.painted = { from: Math.min(from, painted.from), to: Math.max(to, painted.to) };
}

function paintAll({ image, by, presentation, canvas, data }: Picture, { from, to }: Rows): void {
  const { width } = data;
  const paintable = paintableOf(image, by);
  const cells = paintable.color ? 3 * width : width;
  const values = paintable.values.subarray(from * cells, to * cells);
  const words = new Uint32Array(data.data.buffer, 4 * from * width, (to - from) * width);
  paint({ ...paintable, values }, presentation, words);
  canvas.getContext('2d')!.putImageData(data, 0, 0, 0, from, width, to - from);
}
