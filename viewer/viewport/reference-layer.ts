// What other viewports say about the image of this one, over it: where their slice crosses it. In SVG, so that it costs no picture, is
// as sharp on paper, and never gets into what is measured.
import { Enums } from '@cornerstonejs/core';
import type { Frame } from './display-sets.ts';
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

export class ReferenceLayer {
  readonly #element: HTMLElement;
  readonly #options: Options;
  readonly #svg = document.createElementNS(namespace, 'svg');
  readonly #lines = kinds.map((kind) => this.#line(kind));
  #reference: Reference | undefined;
  /** the outermost slices of the frames of the reference */
  #outermost: Frame[] = [];

  constructor(element: HTMLElement, options: Options) {
    this.#element = element;
    this.#options = options;
    this.#svg.setAttribute('class', 'references');
    this.#svg.setAttribute('aria-hidden', 'true');
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

  readonly draw = (): void => {
    const image = this.#options.frame();
    const slices = this.#reference ? [...this.#twoOutermost(), this.#reference.frame] : [];
    for (const [at, line] of this.#lines.entries()) this.#place(line, slices[at], image);
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

  #line(kind: (typeof kinds)[number]): SVGLineElement {
    const line = document.createElementNS(namespace, 'line');
    line.setAttribute('class', kind);
    this.#svg.append(line);
    return line;
  }
}
