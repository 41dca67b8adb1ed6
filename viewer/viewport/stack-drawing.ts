// How the images of one stack come onto the screen: the viewport of Cornerstone in its element, by which window an image is shown, and
// what lies over it. Which image, and where it comes from, is not known here.
import { Enums, getEffectiveRenderBackend, utilities, type PlanarViewport } from '@cornerstonejs/core';
import { renderingEngine, sizeByScreen } from './cornerstone.ts';
import { asDisplaySetPresentation } from './display-set-presentation.ts';
import type { DisplaySet, Frame } from './display-sets.ts';
import { leaveAsItIs } from './draw-frame.ts';
import { measureSize } from './element-size.ts';
import type { FrameImage } from './load-frame.ts';
import { imageInMemory } from './load-image.ts';
import { knownFrame } from './known-frames.ts';
import { sameTable } from './lookup-table.ts';
import { cancelMeasuring, joinMeasuring } from './measuring.ts';
import { OverlayLayer } from './overlay-layer.ts';
import { placeBy, present } from './presentation.ts';
import { isReadInverted } from './read-inverted.ts';
import { ReferenceLayer } from './reference-layer.ts';
import type { Look, StackState } from './stack-state.ts';
import { StackView } from './stack-view.ts';
import { StackWindows, wholeColor } from './stack-windows.ts';
import { whenResized } from './when-resized.ts';
import { dragSpeed, sameWindow, type Window } from './windows.ts';

const knownSets = utilities.genericViewportDisplaySetMetadataProvider;

interface StackDrawingParts {
  element: HTMLDivElement;
  /** of the viewport */
  id: string;
  state: () => StackState;
  change: (part: Partial<StackState>) => void;
  /** Cornerstone has drawn an image of the set by itself: undoing a measurement brings its image back */
  onOwnImage: (index: number) => void;
}

export class StackDrawing {
  readonly view: StackView;
  /** What other viewports say about the image. */
  readonly references: ReferenceLayer;
  readonly #parts: StackDrawingParts;
  readonly #stopResizing: () => void;
  readonly #overlays: OverlayLayer;
  #windows = new StackWindows();
  /** How the set was left that is to be shown. */
  #left: Look | undefined;
  /** The image on the screen: it need not be in memory any more. */
  #drawnImage: FrameImage | undefined;
  /** Which image Cornerstone was asked to draw last. */
  #asked: number | undefined;
  #drawAgain = () => {};
  /** By which name Cornerstone has the set that it shows. */
  #nameOfSet: string | undefined;
  #closed = false;

  constructor(parts: StackDrawingParts) {
    this.#parts = parts;
    const { element, id, state, change } = parts;
    element.dataset['viewport'] = id;
    const engine = renderingEngine();
    engine.enableElement({ viewportId: id, type: Enums.ViewportType.PLANAR_NEXT, element });
    measureSize(element);
    sizeByScreen(element);
    this.view = new StackView({ viewport: () => this.#viewport(), drawn: () => this.#drawn(), state, change });
    placeBy(element, this.view.onElement);
    element.dataset['backend'] = getEffectiveRenderBackend(); // the first thing to ask when a picture looks odd
    joinMeasuring(element, id, engine.id);
    this.#overlays = new OverlayLayer(element, {
      image: () => this.#image(),
      wanted: state,
      change,
    });
    this.references = new ReferenceLayer(element, {
      frame: () => knownFrame(this.#image()?.imageId ?? ''),
      onElement: this.view.onElement,
    });
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.#onNewImage);
    this.#stopResizing = whenResized(element, () => {
      this.#viewport()?.render(); // a canvas of a new size is empty
      this.view.resized();
    });
  }

  /** How many values one pixel of window drag is worth. */
  get windowDragSpeed(): number {
    const frame = this.#drawn();
    if (!frame || !this.#drawnImage) return 1;
    const { smallest, largest } = this.#windows.valuesFor(frame, this.#drawnImage.pixels);
    return dragSpeed(smallest, largest);
  }

  /**
   * Draws an image of the set of the state; the first one is what its viewport is set up by.
   * @returns whether it was the first one; undefined when something else is shown meanwhile
   */
  async draw(set: DisplaySet, index: number, image: FrameImage): Promise<boolean | undefined> {
    const viewport = this.#viewport()!;
    const isFirst = this.#parts.state().shown === undefined;
    if (isFirst) await this.#mount(viewport, set, index, image);
    else await this.#step(viewport, index, image);
    const { state, change } = this.#parts;
    if (this.#closed || state().set !== set) return undefined;
    const arrived = state().wanted === index ? undefined : state().arrived;
    change({ shown: index, arrived });
    this.#overlays.draw();
    this.references.draw();
    this.view.stepped();
    return isFirst;
  }

  /** How the reader has set what is on the screen. */
  get look(): Look {
    const { inverted, turn, chosenRate } = this.#parts.state();
    return { inverted, turn, chosenRate, windows: this.#windows, sight: this.view.chosenSight };
  }

  setWindow(window: Window): void {
    this.#windows.choose(window, this.#parts.state().color);
    this.#parts.change({ window });
    this.#present();
  }

  invert(): void {
    this.#parts.change({ inverted: !this.#parts.state().inverted });
    this.#present();
  }

  /** The graphics that the file lays over its image (group 60xx). */
  showOrHideOverlays(): void {
    this.#parts.change({ overlaysWanted: !this.#parts.state().overlaysWanted });
    this.#overlays.draw();
  }

  /** What the file hides of its image (Display Shutter). */
  showOrHideShutter(): void {
    this.#parts.change({ shutterWanted: !this.#parts.state().shutterWanted });
    this.#overlays.draw();
  }

  reset(): void {
    const { change, state } = this.#parts;
    this.#windows.reset();
    const { set, shown, wanted } = state();
    const frame = set?.frames[shown ?? wanted];
    if (frame && this.#drawnImage) change({ window: this.#windows.of(frame, this.#drawnImage.pixels) });
    change({ inverted: set !== undefined && isReadInverted(set) });
    this.view.reset();
    this.#present();
  }

  /** Draws anew what lies on the image. */
  redraw(): void {
    this.#viewport()?.render();
  }

  /** Another set is to be shown, as it was left, or nothing. */
  leave(left?: Look): void {
    cancelMeasuring(this.#parts.element);
    this.#drawAgain(); // whatever becomes of the first image of what is left
    this.#left = left;
    this.#windows = new StackWindows(left?.windows);
    this.references.mark(undefined);
  }

  close(): void {
    this.#closed = true;
    this.#overlays.close();
    this.references.close();
    this.#stopResizing();
    const { element, id } = this.#parts;
    element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.#onNewImage);
    renderingEngine().disableElement(id);
    this.#forgetSet();
  }

  #drawn(): Frame | undefined {
    const { set, shown } = this.#parts.state();
    return shown === undefined ? undefined : set?.frames[shown];
  }

  async #step(viewport: PlanarViewport, index: number, image: FrameImage): Promise<void> {
    const { color, negative, presentationLut } = image.pixels;
    const before = this.#parts.state();
    const window = this.#windows.of(before.set!.frames[index]!, image.pixels);
    const isAlike =
      color === before.color &&
      negative === this.#drawnImage?.pixels.negative &&
      sameTable(presentationLut, this.#drawnImage.pixels.presentationLut);
    this.#drawnImage = image;
    // The image that is there would be drawn again, and by the window of the next one. Where it is the same one nothing else draws it.
    const isNext = viewport.getCurrentImageIdIndex() !== index;
    const drawAgain = isNext ? leaveAsItIs(this.#parts.element) : undefined;
    let asked: Promise<unknown>;
    try {
      if (!isAlike || !sameWindow(window, before.window)) {
        this.#parts.change({ window, color });
        this.#present();
      }
      this.#asked = index;
      asked = viewport.setImageIdIndex(index);
    } finally {
      drawAgain?.();
    }
    await asked;
  }

  async #mount(viewport: PlanarViewport, set: DisplaySet, index: number, image: FrameImage): Promise<void> {
    const { id, element, state, change } = this.#parts;
    const displaySetId = `${id} ${set.uid}`;
    this.#forgetSet();
    this.#nameOfSet = displaySetId;
    const imageIds = set.frames.map(({ imageId }: Frame) => imageId);
    this.#drawnImage = image;
    this.#asked = index;
    const window = this.#windows.of(set.frames[index]!, image.pixels);
    change({ color: image.pixels.color, window });
    knownSets.add(displaySetId, { imageIds, initialImageIdIndex: index });
    const drawAgain = (this.#drawAgain = leaveAsItIs(element));
    try {
      await viewport.setDisplaySets({ displaySetId });
      if (this.#closed || state().set !== set) return;
      this.view.begin(set.frames[index]!, this.#left?.sight);
    } finally {
      drawAgain();
    }
    this.#present();
  }

  /** Else Cornerstone would keep the names of all images that were ever opened. */
  #forgetSet(): void {
    if (this.#nameOfSet !== undefined) knownSets.remove(this.#nameOfSet);
    this.#nameOfSet = undefined;
  }

  #presentation() {
    const { window = wholeColor, inverted } = this.#parts.state();
    // MONOCHROME1: the smallest value is white (PS3.3 C.7.6.3.1.2). The generic viewport leaves that to us.
    const { negative = false, presentationLut } = this.#drawnImage?.pixels ?? {};
    return { window, inverse: inverted !== negative, presentationLut };
  }

  #present(): void {
    const { id, element, state } = this.#parts;
    const presentation = this.#presentation();
    present(element, presentation);
    const viewport = this.#viewport();
    const { set } = state();
    if (!viewport || !set) return;
    viewport.setDisplaySetPresentation(`${id} ${set.uid}`, asDisplaySetPresentation(presentation)); // which draws it
  }

  /** The image on the screen, which may be ahead of the state. */
  #image(): FrameImage | undefined {
    const imageId = this.#parts.state().shown === undefined ? undefined : this.#viewport()?.getCurrentImageId();
    if (imageId === undefined) return undefined;
    return imageId === this.#drawnImage?.imageId ? this.#drawnImage : imageInMemory(imageId);
  }

  /** What we have asked for is drawn before we know it, and need not be what is wanted any more. */
  readonly #onNewImage = (event: Event): void => {
    // Else it would end on this image, wherever that lies, and stand on the one it was begun on.
    cancelMeasuring(this.#parts.element);
    const { imageIdIndex } = (event as CustomEvent<{ imageIdIndex: number }>).detail;
    if (this.#parts.state().shown !== undefined && imageIdIndex !== this.#asked) this.#parts.onOwnImage(imageIdIndex);
  };

  #viewport(): PlanarViewport | undefined {
    return this.#closed ? undefined : (renderingEngine().getViewport(this.#parts.id) as unknown as PlanarViewport);
  }
}
