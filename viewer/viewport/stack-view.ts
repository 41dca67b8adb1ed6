// Where the image of a stack lies on the screen: pan, zoom, turn, and how many pixels a millimetre has by that.
import type { PlanarViewport } from '@cornerstonejs/core';
import type { Frame } from './display-sets.ts';
import { knownFrame } from './known-frames.ts';
import { flipped, isMirrored, rotated, unturned, type Turn } from './orientation.ts';
import type { Triple } from './geometry.ts';
import { toPixel, toWorld } from './plane.ts';
import { magnification } from './screen-scale.ts';
import { spacingOf } from './spacing.ts';
import type { StackState } from './stack-state.ts';

const zoomLimits = { least: 0.2, most: 40 };

type ViewState = Pick<StackState, 'turn' | 'scale'>;

interface StackViewParts {
  /** undefined when the stack is closed */
  viewport: () => PlanarViewport | undefined;
  /** the frame that is drawn */
  drawn: () => Frame | undefined;
  state: () => ViewState;
  change: (part: Partial<ViewState>) => void;
}

export class StackView {
  readonly #parts: StackViewParts;

  constructor(parts: StackViewParts) {
    this.#parts = parts;
  }

  panBy(dx: number, dy: number): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    const [x, y] = viewport.getPan();
    viewport.setPan([x + dx, y + dy]);
  }

  /** @param at  the point that stays where it is, in pixels of the element; its middle by default */
  zoomBy(factor: number, at?: [number, number]): void {
    const viewport = this.#parts.viewport();
    if (!viewport) return;
    viewport.setZoom(Math.min(Math.max(viewport.getZoom() * factor, zoomLimits.least), zoomLimits.most), at);
    this.measureScale();
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
  }

  rotate(degrees: 90 | -90): void {
    this.#turn(rotated(this.#parts.state().turn, degrees));
  }

  flip(direction: 'horizontal' | 'vertical'): void {
    this.#turn(flipped(this.#parts.state().turn, direction));
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
    const [from, to] = [toWorld(frame, [0, 0]), toWorld(frame, [0, 100])].map((point) => viewport.worldToCanvas(point));
    const { rowMm } = spacingOf(frame.instance, frame.frameNumber);
    const scale = Math.hypot(to![0] - from![0], to![1] - from![1]) / 100 / rowMm;
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
