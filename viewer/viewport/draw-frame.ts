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
  painted: Part;
}

/** Of a picture: columns from `left` and rows from `from` on, without the last ones. */
interface Part {
  left: number;
  right: number;
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
  paintPart(picture, partInSight(matrix, canvas, picture));
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
  const picture = { image, by, presentation, canvas, data, painted: { left: 0, right: 0, from: 0, to: 0 } };
  pictures.set(target, picture);
  return picture;
}

/** Drawing smoothly takes from pixels beside those in sight. */
const besides = 4;

/** The part of a picture that its place on the screen shows, upright as the picture is. */
function partInSight([a, b, c, d, e, f]: Matrix, { width, height }: HTMLCanvasElement, { by, data }: Picture): Part {
  const determinant = a * d - b * c;
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ].map(([x, y]) => ({
    column: (d * (x! - e) - c * (y! - f)) / determinant / by,
    row: (a * (y! - f) - b * (x! - e)) / determinant / by,
  }));
  const within = (at: number, most: number) => Math.min(Math.max(at, 0), most);
  const first = (places: number[], most: number) => within(Math.floor(Math.min(...places)) - besides, most);
  const end = (places: number[], most: number) => within(Math.ceil(Math.max(...places)) + besides, most);
  const [columns, rows] = [corners.map(({ column }) => column), corners.map(({ row }) => row)];
  return {
    left: first(columns, data.width),
    right: end(columns, data.width),
    from: first(rows, data.height),
    to: end(rows, data.height),
  };
}

/** Paints what of it is not painted yet. */
function paintPart(picture: Picture, part: Part): void {
  const before = picture.painted;
  // What lies apart from all that is painted begins anew.
  const isApart =
    before.from === before.to ||
    part.to < before.from ||
    part.from > before.to ||
    part.right < before.left ||
    part.left > before.right;
  const painted = isApart ? { ...part, to: part.from } : before;
  const all = {
    left: Math.min(part.left, painted.left),
    right: Math.max(part.right, painted.right),
    from: Math.min(part.from, painted.from),
    to: Math.max(part.to, painted.to),
  };
  const missing: Part[] = [
    { ...all, to: painted.from },
    { ...all, from: painted.to },
    { ...painted, left: all.left, right: painted.left },
    { ...painted, left: painted.right, right: all.right },
  ];
  for (const each of missing) if (each.from < each.to && each.left < each.right) paintAll(picture, each);
  picture.painted = all;
}

function paintAll({ image, by, presentation, canvas, data }: Picture, { left, right, from, to }: Part): void {
  const { width } = data;
  const paintable = paintableOf(image, by);
  const samples = paintable.color ? 3 : 1;
  const isWhole = left === 0 && right === width;
  // Rows of which all is painted lie behind one another.
  const rowsAtOnce = isWhole ? to - from : 1;
  for (let row = from; row < to; row += rowsAtOnce) {
    const [first, end] = [row * width + left, (row + rowsAtOnce - 1) * width + right];
    const values = paintable.values.subarray(first * samples, end * samples);
    paint({ ...paintable, values }, presentation, new Uint32Array(data.data.buffer, 4 * first, end - first));
  }
  canvas.getContext('2d')!.putImageData(data, 0, 0, left, from, right - left, to - from);
}
