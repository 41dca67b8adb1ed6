// Where the image of a stack lies on the screen: pan, zoom, turn, and how many pixels a millimetre has by that.
import type { PlanarViewport } from '@cornerstonejs/core';
import type { Frame } from './display-sets.ts';
import { knownFrame } from './known-frames.ts';
import { sizeOf, type Size } from './element-size.ts';
import { pixelFormatOf } from './frame-pixels.ts';
import { comparedExtent, leaningOf } from './mammogram.ts';
import { flipped, isMirrored, rotated, unturned, type Turn } from './orientation.ts';
import type { Triple } from './geometry.ts';
import { toPixel, toWorld } from './plane.ts';
import { magnification } from './screen-scale.ts';
import { spacingOf, type Extent } from './spacing.ts';
import type { StackState } from './stack-state.ts';

const zoomLimits = { least: 0.2, most: 40 };
const withinLimits = (zoom: number) => Math.min(Math.max(zoom, zoomLimits.least), zoomLimits.most);

type ViewState = Pick<StackState, 'turn' | 'scale'>;

interface StackViewParts {
  /** undefined when the stack is closed */
  viewport: () => PlanarViewport | undefined;
  /** the frame that is drawn */
  drawn: () => Frame | undefined;
  state: () => ViewState;
  change: (part: Partial<ViewState>) => void;
}

/** What a viewport shows of the patient: the point in its middle, and how large. */
export interface Sight {
  world: Triple;
  pixelsPerMm: number;
  /** What it has of the page. */
  room: Size;
}

/** Down the columns of the image. */
function pixelsPerMm(viewport: PlanarViewport, frame: Frame): number {
  const [from, to] = [toWorld(frame, [0, 0]), toWorld(frame, [0, 100])].map((point) => viewport.worldToCanvas(point));
  const { rowMm } = spacingOf(frame.instance, frame.frameNumber);
  return Math.hypot(to![0] - from![0], to![1] - from![1]) / 100 / rowMm;
}

export class StackView {
  /** Called when a reader has moved or zoomed the image, or has fitted it again, and when what was moved or zoomed has got another size. */
  onMoved = (_how: 'panned' | 'zoomed' | 'fitted' | 'resized') => {};
  readonly #parts: StackViewParts;
  /** As if the image were so large it is fitted; undefined: it has all the room. */
  #fitsAs: Extent | undefined;
  /** Nobody has moved or zoomed it since it was fitted. */
  #isFitted = true;
  /** What was placed last, or has been shown zoomed since. */
  #arranged: Frame | undefined;

  constructor(parts: StackViewParts) {
    this.#parts = parts;
  }

  panBy(dx: number, dy: number): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    const [x, y] = viewport.getPan();
    viewport.setPan([x + dx, y + dy]);
    this.#isFitted = false;
    this.onMoved('panned');
  }

  /** What the reader has moved or zoomed the image to; undefined where it is fitted. */
  get chosenSight(): Sight | undefined {
    return this.#isFitted ? undefined : this.sight;
  }

  /** undefined while nothing is drawn */
  get sight(): Sight | undefined {
    const element = this.#parts.viewport()?.element;
    const room = element ? sizeOf(element) : { width: 0, height: 0 };
    const world = this.toPatient([room.width / 2, room.height / 2]);
    return world && { world, pixelsPerMm: this.#parts.state().scale, room };
  }

  /**
   * Shows what another viewport does, as far as the zoom goes: the point that lies nearest in this slice, and as large.
   * @param inItsRoom  as large as soon as it has the room of that viewport, which hides it now
   */
  lookAt(sight: Sight, inItsRoom: boolean): void {
    const frame = this.#parts.drawn();
    if (frame) this.#lookAt(frame, sight, inItsRoom);
  }

  #lookAt(frame: Frame, { world, pixelsPerMm: wanted, room }: Sight, inItsRoom: boolean): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    const grows = inItsRoom ? this.#growsIn(room, viewport, frame) : 1;
    // Asked of the viewport: where both have got another size, the scale of this one is measured after that of the other.
    const zoom = withinLimits((viewport.getZoom() * wanted) / pixelsPerMm(viewport, frame) / grows);
    viewport.setViewState({
      anchorWorld: toWorld(frame, toPixel(frame, world)),
      anchorCanvas: [0.5, 0.5],
      scale: [zoom, zoom],
      scaleMode: 'fit',
    });
    this.#isFitted = false;
    this.measureScale();
  }

  /** How many times larger what is zoomed will be in another room: it is zoomed from what fits. */
  #growsIn(room: Size, viewport: PlanarViewport, frame: Frame): number {
    return this.#fitted(frame, room) / this.#fitted(frame, sizeOf(viewport.element));
  }

  /** Pixels of the screen for a millimetre of what is fitted into a room. */
  #fitted({ instance, frameNumber }: Frame, { width, height }: Size): number {
    const { rows, columns } = pixelFormatOf(instance);
    const { rowMm, columnMm } = spacingOf(instance, frameNumber);
    const [widthMm, heightMm] = [columns * columnMm, rows * rowMm];
    const isLying = this.#parts.state().turn.rotation % 180 !== 0;
    return Math.min(width / (isLying ? heightMm : widthMm), height / (isLying ? widthMm : heightMm));
  }

  /** @param at  the point that stays where it is, in pixels of the element; its middle by default */
  zoomBy(factor: number, at?: [number, number]): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    viewport.setZoom(withinLimits(viewport.getZoom() * factor), at);
    this.#isFitted = false;
    this.measureScale();
    this.onMoved('zoomed');
  }

  /**
   * As large as another image is, around the middle of the viewport: what is there stays there.
   * @param room  of that image, which hides this one now: as large as soon as it has that room
   */
  zoomTo(scale: number, room?: Size): void {
    const viewport = this.#parts.viewport();
    const frame = this.#parts.drawn();
    if (!viewport || !frame) return;
    const grows = room ? this.#growsIn(room, viewport, frame) : 1;
    const factor = scale / pixelsPerMm(viewport, frame) / grows;
    if (Number.isFinite(factor) && Math.abs(factor - 1) > 1e-6) this.zoomBy(factor);
  }

  /** Each pixel of the image on one of the screen, around the middle. */
  pixelForPixel(): void {
    const frame = this.#parts.drawn();
    if (frame) this.zoomBy(1 / magnification(frame, this.#parts.state().scale));
  }

  /** The whole image, turned as it is. */
  fit(): void {
    this.#parts.viewport()?.resetViewState({ resetFlip: false });
    this.#turn(this.#parts.state().turn);
    const frame = this.#parts.drawn();
    if (frame) this.arrange(frame);
    this.onMoved('fitted');
  }

  /** The first image of a set: fitted, or as it was left, zoomed as far where the viewport is of another size now. */
  begin(frame: Frame, left: Sight | undefined): void {
    this.#parts.viewport()?.resetViewState();
    this.#turn(this.#parts.state().turn);
    this.arrange(frame);
    if (left) this.#lookAt(frame, left, true);
  }

  /**
   * Another image of the stack is drawn. Cornerstone keeps its zoom, which is one of what fits: a mammogram on another field would be
   * of another scale than what it is compared with, and one of the other side at the wrong edge. What the reader has zoomed keeps its
   * scale where both are compared.
   */
  stepped(): void {
    const frame = this.#parts.drawn();
    if (!frame || !this.#isUnlikeArranged(frame)) return this.measureScale();
    if (this.#isFitted) return this.arrange(frame);
    if (comparedExtent(this.#arranged!) && comparedExtent(frame)) this.zoomTo(this.#parts.state().scale);
    this.#arranged = frame;
    this.measureScale();
  }

  #isUnlikeArranged(frame: Frame): boolean {
    if (!this.#arranged || this.#arranged.instance === frame.instance) return false;
    const [before, now] = [this.#arranged, frame].map((each) => {
      const { widthMm, heightMm } = comparedExtent(each) ?? {};
      return [widthMm, heightMm, leaningOf(each, this.#parts.state().turn)];
    });
    return now!.some((part, at) => part !== before![at]);
  }

  /** @param extent  of the largest of several images that are compared; with it each of them is as large as in the patient */
  fitAs(extent: Extent | undefined): void {
    const before = this.#fitsAs;
    if (before?.widthMm === extent?.widthMm && before?.heightMm === extent?.heightMm) return;
    this.#fitsAs = extent;
    const frame = this.#parts.drawn();
    if (this.#isFitted && frame) this.arrange(frame);
  }

  /** The viewport has another size. */
  resized(): void {
    const frame = this.#parts.drawn();
    if (this.#isFitted && this.#fitsAs && frame) return this.arrange(frame);
    this.measureScale();
    // What fits into more room is larger: so is what was zoomed.
    if (!this.#isFitted) this.onMoved('resized');
  }

  /** Places a fitted image: as large as what it is compared with asks for, and a mammogram at its edge. */
  arrange(frame: Frame): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    const { width, height } = sizeOf(viewport.element);
    const wanted = this.#fitsAs && Math.min(width / this.#fitsAs.widthMm, height / this.#fitsAs.heightMm);
    // What it has of the screen for a millimetre where it has all the room.
    const most = pixelsPerMm(viewport, frame) / viewport.getZoom();
    const zoom = wanted ? Math.min(1, wanted / most) : 1;
    if (Math.abs(zoom - viewport.getZoom()) > 1e-6) viewport.setZoom(zoom);
    this.#lean(viewport, frame);
    this.#isFitted = true;
    this.#arranged = frame;
    this.measureScale();
  }

  /** Moves a fitted mammogram so that its chest wall is at the edge of the viewport: two breasts hang together at theirs. */
  #lean(viewport: PlanarViewport, frame: Frame): void {
    const wall = leaningOf(frame, this.#parts.state().turn);
    // What was placed before it, or as it was turned before, may have leaned.
    if (!wall) {
      viewport.setAnchorWorld(); // the middle of the image
      return viewport.setViewState({ anchorCanvas: [0.5, 0.5] });
    }
    const { rows, columns } = pixelFormatOf(frame.instance);
    const [left, right, top, bottom] = [-0.5, columns - 0.5, -0.5, rows - 0.5];
    const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
    const edges = [
      [left, centre],
      [right, centre],
      [middle, top],
      [middle, bottom],
    ].map((point) => toWorld(frame, point as [number, number]));
    const across = (world: Triple) => viewport.worldToCanvas(world)[0];
    const byPlace = edges.toSorted((a, b) => across(a) - across(b));
    const isRight = wall === 'right';
    viewport.setViewState({ anchorWorld: byPlace.at(isRight ? -1 : 0)!, anchorCanvas: [isRight ? 1 : 0, 0.5] });
  }

  rotate(degrees: 90 | -90): void {
    this.#turnByHand(rotated(this.#parts.state().turn, degrees));
  }

  flip(direction: 'horizontal' | 'vertical'): void {
    this.#turnByHand(flipped(this.#parts.state().turn, direction));
  }

  /** What is fitted is at its place at once, rather than when something else is arranged. */
  #turnByHand(turn: Turn): void {
    this.#turn(turn);
    const frame = this.#parts.drawn();
    if (this.#isFitted && frame) this.arrange(frame);
  }

  /** As the image came. */
  reset(): void {
    this.#parts.change({ turn: unturned });
    this.fit();
  }

  measureScale(): void {
    const viewport = this.#parts.viewport();
    const frame = this.#parts.drawn();
    if (!viewport || !frame) return;
    const scale = pixelsPerMm(viewport, frame);
    if (Math.abs(scale - this.#parts.state().scale) > 1e-6) this.#parts.change({ scale });
  }

  /** Where a point of a frame (column and row) lies, in pixels of the element. */
  readonly onElement = (imageId: string, point: [number, number]): [number, number] | undefined => {
    const frame = knownFrame(imageId);
    return frame && this.#parts.viewport()?.worldToCanvas(toWorld(frame, point));
  };

  /** The point of the patient at a place of the element, on the frame that is drawn. */
  toPatient(at: [number, number]): Triple | undefined {
    const frame = this.#parts.drawn();
    const world = this.#parts.viewport()?.canvasToWorld(at);
    return frame && world && toWorld(frame, toPixel(frame, world));
  }

  #turn(turn: Turn): void {
    this.#parts.change({ turn });
    // Cornerstone flips what is rotated already; we say it the other way round.
    const rotation = isMirrored(turn) ? (360 - turn.rotation) % 360 : turn.rotation;
    this.#parts.viewport()?.setViewState({ ...turn, rotation });
    this.#parts.viewport()?.render();
    this.measureScale();
  }
}
