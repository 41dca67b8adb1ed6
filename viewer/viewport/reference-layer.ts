// What other viewports say about the image of this one, over it: where their slice crosses it, and at what a reader points in one of
// them. In SVG, so that it costs no picture, is as sharp on paper, and never gets into what is measured.
import { Enums } from '@cornerstonejs/core';
import type { Frame } from './display-sets.ts';
import type { Triple } from './geometry.ts';
import { toPixel } from './plane.ts';
import { crossing, outermost } from './reference-lines.ts';

/** The slice that another viewport shows, among those that it goes through. */
export interface Reference {
  frame: Frame;
  frames: readonly Frame[];
}

interface Options {
  /** of the image that is on the screen */
  frame: () => Frame | undefined;
  /** where a point of a frame (column and row) lies, in pixels of the element */
  onElement: (imageId: string, point: [number, number]) => [number, number] | undefined;
}

const namespace = 'http://www.w3.org/2000/svg';
/** In this order: the slice itself over the first and the last one. */
const kinds = ['outermost', 'outermost', 'here'] as const;
/** A cross that leaves its middle free: what is pointed at must be seen. */
const markShape = 'M-16 0H-5M5 0H16M0-16V-5M0 5V16';

export class ReferenceLayer {
  readonly #element: HTMLElement;
  readonly #options: Options;
  readonly #svg = document.createElementNS(namespace, 'svg');
  readonly #lines = kinds.map((kind) => this.#line(kind));
  readonly #mark = document.createElementNS(namespace, 'path');
  #marked: { world: Triple; on: ReadonlySet<string> } | undefined;
  #reference: Reference | undefined;
  /** the outermost slices of the frames of the reference */
  #outermost: Frame[] = [];

  constructor(element: HTMLElement, options: Options) {
    this.#element = element;
    this.#options = options;
    this.#svg.setAttribute('class', 'references');
    this.#svg.setAttribute('aria-hidden', 'true');
    this.#mark.setAttribute('class', 'mark');
    this.#mark.setAttribute('d', markShape);
    this.#svg.append(this.#mark);
    element.querySelector('.svg-layer')?.before(this.#svg);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
  }

  /** Shows where this slice lies from now on; nothing with nothing given. */
  refer(reference: Reference | undefined): void {
    const isNew = reference?.frames !== this.#reference?.frames;
    this.#reference = reference;
    if (isNew) this.#outermost = reference ? outermost(reference.frame, reference.frames) : [];
    this.draw();
  }

  /** @param on  which images hold the point */
  mark(world: Triple | undefined, on: ReadonlySet<string> = new Set()): void {
    this.#marked = world && { world, on };
    this.draw();
  }

  readonly draw = (): void => {
    const image = this.#options.frame();
    const slices = this.#reference ? [...this.#twoOutermost(), this.#reference.frame] : [];
    for (const [at, line] of this.#lines.entries()) this.#place(line, slices[at], image);
    this.#placeMark(image);
  };

  close(): void {
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.draw);
    this.#svg.remove();
  }

  #twoOutermost(): (Frame | undefined)[] {
    return [this.#outermost[0], this.#outermost[1]];
  }

  #place(line: SVGLineElement, slice: Frame | undefined, image: Frame | undefined): void {
    const ends = slice && image && crossing(slice, image);
    const [from, to] = ends ? ends.map((end) => this.#options.onElement(image.imageId, end)) : [];
    line.toggleAttribute('data-shown', Boolean(from && to));
    if (!from || !to) return;
    const places = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
    for (const [name, value] of Object.entries(places)) line.setAttribute(name, value.toFixed(2));
  }

  #placeMark(image: Frame | undefined): void {
    const isOn = image !== undefined && this.#marked?.on.has(image.imageId);
    const at = isOn ? this.#options.onElement(image.imageId, toPixel(image, this.#marked!.world)) : undefined;
    this.#mark.toggleAttribute('data-shown', at !== undefined);
    if (at) this.#mark.setAttribute('transform', `translate(${at[0].toFixed(2)} ${at[1].toFixed(2)})`);
  }

  #line(kind: (typeof kinds)[number]): SVGLineElement {
    const line = document.createElementNS(namespace, 'line');
    line.setAttribute('class', kind);
    this.#svg.append(line);
    return line;
  }
}
