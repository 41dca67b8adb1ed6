// Measurements on images: Cornerstone's annotation tools in one group for every viewport, with our words and our arithmetic for
// what they say, because a length means nothing without the state of its calibration.
import { eventTarget, getRenderingEngine, utilities, type PlanarViewport } from '@cornerstonejs/core';
import {
  AngleTool,
  AnnotationTool,
  EllipticalROITool,
  Enums,
  LengthTool,
  ProbeTool,
  RectangleROITool,
  ToolGroupManager,
  addTool,
  annotation,
  state,
  utilities as toolUtilities,
  type Types,
} from '@cornerstonejs/tools';
import type { Frame } from './display-sets.ts';
import type { FramePixels } from './frame-pixels.ts';
import { knownFrame } from './known-frames.ts';
import { imageInMemory } from './load-image.ts';
import { toPixel } from './plane.ts';
import { settleClick } from './settle-click.ts';

/** What a tool has found on one frame. */
export interface Finding {
  frame: Frame;
  /** column and row of each handle */
  points: [number, number][];
  /** of the frame; undefined while it is not in memory */
  pixels: FramePixels | undefined;
  /** something is being drawn or moved, perhaps this: it will be asked for again and again, and once more at the end */
  isChanging: boolean;
  /** to be called when there is more to say: the words are asked for anew */
  askAgain: () => void;
}

export interface Measure {
  /** what draws it */
  draws: keyof typeof toolClasses;
  /** the words beside it; nothing while there is nothing to say */
  words: (finding: Finding) => string[] | undefined;
}

/** Those of Cornerstone that Lightbox offers, by their own names: viewer/tools/ is in the page before any of Cornerstone. */
const toolClasses = {
  Length: LengthTool,
  Angle: AngleTool,
  EllipticalROI: EllipticalROITool,
  RectangleROI: RectangleROITool,
  Probe: ProbeTool,
} as const;

interface AnnotationData {
  handles: { points: number[][] };
}

const groupId = 'measuring';
const bindings = [{ mouseButton: Enums.MouseBindings.Primary }, { numTouchPoints: 1 }];
const history = utilities.HistoryMemo.DefaultHistoryMemo;
const rememberedSteps = 50;
let offered: Measure[] = [];

/** Says which measurements there are: once, before the first viewport. */
export function offerMeasures(measures: Measure[]): void {
  offered = measures;
}

/** Of the viewport in which something is drawn or moved, while something is. */
let under: HTMLDivElement | undefined;
/** It was begun by a click before the one that is going on. */
let isBegun = false;
let isPicked = false;
const beginnings = [Enums.Events.MOUSE_DOWN, Enums.Events.TOUCH_START];
const clicks = [Enums.Events.MOUSE_CLICK, Enums.Events.MOUSE_UP];

/** Makes a viewport part of the group. */
export function joinMeasuring(element: HTMLDivElement, viewportId: string, renderingEngineId: string): void {
  const note = () => {
    isBegun = isMeasuring();
    if (!isBegun) under = element;
  };
  // Before the tools hear of it.
  for (const begins of beginnings) element.addEventListener(begins, note, { capture: true });
  // With the mouse a first click begins what the next one ends; a finger that has left shows nothing of what would be drawn.
  element.addEventListener(Enums.Events.TOUCH_END, () => isUnmoved() && cancelMeasuring(element));
  for (const click of clicks) element.addEventListener(click, () => isBegun && isUnmoved() && cancelMeasuring(element));
  element.addEventListener('mousedown', () => {
    if (isPicked) addEventListener('mouseup', (event) => settleClick(element, event), { once: true });
  });
  (ToolGroupManager.getToolGroup(groupId) ?? makeGroup()).addViewport(viewportId, renderingEngineId);
}

/** In every viewport: which of them show the image is known to Cornerstone only. */
function drawAgain(): void {
  toolUtilities.triggerAnnotationRenderForViewportIds(ToolGroupManager.getToolGroup(groupId)?.getViewportIds() ?? []);
}

/** A new one of several points that are all at the place where it was begun. */
const isUnmoved = () => {
  const { newAnnotation, hasMoved } = beingDrawn()?.editData ?? {};
  return newAnnotation === true && hasMoved === false;
};

/** The tool that draws or moves something. */
function beingDrawn(): AnnotationTool | undefined {
  const group = ToolGroupManager.getToolGroup(groupId);
  const all = offered.map(({ draws }) => group?.getToolInstance(draws) as AnnotationTool | undefined);
  return all.find((tool) => tool?.editData);
}

function makeGroup() {
  const group = ToolGroupManager.createToolGroup(groupId)!;
  eventTarget.addEventListener(Enums.Events.ANNOTATION_ADDED, noteDrawn);
  eventTarget.addEventListener(Enums.Events.ANNOTATION_COMPLETED, noteDone);
  eventTarget.addEventListener(Enums.Events.ANNOTATION_MODIFIED, noteMoved);
  const { style } = annotation.config;
  const before = style.getDefaultToolStyles() as { global?: object };
  style.setDefaultToolStyles({
    ...before,
    global: {
      ...before.global,
      color: '#ffd98a',
      colorHighlighted: '#ffffff',
      colorSelected: '#7fe3ff',
      lineWidth: '1.5',
      textBoxColor: '#ffe9bd',
      textBoxColorHighlighted: '#ffffff',
      textBoxColorSelected: '#c9f3ff',
      textBoxBackground: 'rgba(0, 0, 0, 0.65)',
      textBoxFontFamily: 'system-ui, sans-serif',
      textBoxFontSize: '13px',
      shadow: true,
    },
  } as never);
  for (const { draws, words } of offered) {
    addTool(toolClasses[draws]);
    const getTextLines = (data: AnnotationData, targets: string | string[]) => {
      const [targetId = ''] = [targets].flat();
      const frame = knownFrame(targetId.slice('imageId:'.length));
      if (!frame) return undefined;
      const points = data.handles.points.map((point) => toPixel(frame, point));
      const pixels = imageInMemory(frame.imageId)?.pixels;
      return words({ frame, points, pixels, isChanging: isMeasuring(), askAgain: drawAgain });
    };
    // What Cornerstone would compute besides is in its own spacing, and of other pixels at the edge.
    group.addTool(draws, { getTextLines, calculateStats: false });
    group.setToolPassive(draws);
    rememberOnlyMoves(group.getToolInstance(draws));
  }
  return group;
}

/** The left button and one finger draw this from now on; with nothing given they are free for the page's own tools. */
export function draw(measure: Measure | undefined): void {
  isPicked = measure !== undefined;
  const group = ToolGroupManager.getToolGroup(groupId);
  for (const { draws } of offered) {
    if (draws === measure?.draws) group?.setToolActive(draws, { bindings });
    else group?.setToolPassive(draws, { removeAllBindings: true });
  }
  // Cornerstone leaves the pointer of the tool that drew last: nothing would tell a reader that it measures no more.
  if (!measure) group?.setViewportsCursorByToolName('default');
}

/** Whether a measurement is being drawn or moved at this moment. */
export const isMeasuring = () => state.isInteractingWithTool || state.isMultiPartToolActive;

/**
 * Gives up what is being drawn: what is new goes, what is being moved stays where it is.
 * @param element  of a viewport: only what is drawn in it; in whichever by default
 * @returns whether something was
 */
export function cancelMeasuring(element = under): boolean {
  const tool = beingDrawn();
  if (!tool?.editData || !element || element !== under) return false;
  const { annotation: unfinished, newAnnotation } = tool.editData;
  // Before Cornerstone completes what it cancels.
  if (newAnnotation) annotation.state.removeAnnotation(unfinished.annotationUID!);
  tool.isDrawing = true; // or Cornerstone keeps hold of a handle that has not been moved yet
  tool.cancel(element);
  tool.doneEditMemo(); // or what is moved next would not be remembered
  drawAgain();
  return true;
}

/** In which order measurements were drawn: Cornerstone holds them by tool. */
const drawnAt = new WeakMap<Types.Annotation, number>();
let drawn = 0;

function noteDrawn(event: Event): void {
  const { annotation: added } = (event as CustomEvent<{ annotation: Types.Annotation }>).detail;
  drawnAt.set(added, (drawn += 1));
  const metadata = added.metadata as { toolName?: string; dataId?: string } | undefined;
  // The name of the set in this very viewport: with it no other viewport would show what was drawn on the same image.
  delete metadata?.dataId;
  const tool = ToolGroupManager.getToolGroup(groupId)?.getToolInstance(metadata?.toolName ?? '') as
    AnnotationTool | undefined;
  const isBeginning = tool?.isDrawing && !tool.editData; // else it has come back
  const isPoint = (added.data as AnnotationData).handles.points.length === 1;
  // A click has drawn nothing yet: it would be a length of 0 mm.
  if (isBeginning && !isPoint) annotation.visibility.setAnnotationVisibility(added.annotationUID!, false);
}

function noteMoved(event: Event): void {
  const { annotation: moved, changeType } = (event as CustomEvent<Moved>).detail;
  if (changeType === Enums.ChangeTypes.HandlesUpdated)
    annotation.visibility.setAnnotationVisibility(moved.annotationUID!, true);
}

interface Moved {
  annotation: Types.Annotation;
  changeType: Enums.ChangeTypes;
}

/** What is kept or taken away when it is whole. */
function noteDone(event: Event): void {
  const { annotation: done } = (event as CustomEvent<{ annotation: Types.Annotation }>).detail;
  const isGivenUp = !annotation.state.getAnnotation(done.annotationUID!);
  if (isGivenUp) return;
  if (isNothing(done)) annotation.state.removeAnnotation(done.annotationUID!);
  else AnnotationTool.createAnnotationMemo(under, done, { newAnnotation: true });
}

interface Remembering {
  createMemo: (element: HTMLDivElement, of: Types.Annotation, options?: { newAnnotation?: boolean }) => void;
}

/** Cornerstone remembers what is new with its first movement: what was given up would then be what is undone first, and come back by redoing. */
function rememberOnlyMoves(tool: Remembering): void {
  const remember = tool.createMemo.bind(tool);
  tool.createMemo = (element, of, options) => {
    if (!options?.newAnnotation) remember(element, of, options);
  };
}

/** So far apart, in pixels of the page, a finger's touch and its leaving may be though it meant one place. */
const onePlacePx = 3;

/** A tap, or two clicks at one place, measure nothing: what is left of them would be a length of 0 mm, and hardly to be seen. */
function isNothing(done: Types.Annotation): boolean {
  const points = (done.data as AnnotationData).handles.points as [number, number, number][];
  const all = (ToolGroupManager.getToolGroup(groupId)?.getViewportsInfo() ?? []).flatMap(
    ({ viewportId, renderingEngineId }) =>
      (getRenderingEngine(renderingEngineId)?.getViewport(viewportId) as unknown as PlanarViewport | undefined) ?? [],
  );
  // In one that is empty, or shows another image, these points may lie anywhere.
  const viewports = all.filter((viewport) => viewport.getCurrentImageId() === done.metadata?.referencedImageId);
  // Looked at closely in one of them, a single pixel is wide.
  const isOnePlace = viewports.every((viewport) => {
    const [first, ...others] = points.map((point) => viewport.worldToCanvas(point));
    return others.every(([x, y]) => Math.hypot(x - first![0], y - first![1]) <= onePlacePx);
  });
  return points.length > 1 && viewports.length > 0 && isOnePlace;
}

/**
 * Gives up what is being drawn; else removes the selected measurements of an image; where none is, the one that was drawn last. Never one of another image: nobody
 * would see it go.
 * @returns whether there was one
 */
export function removeMeasurement(element: HTMLDivElement, imageId: string): boolean {
  if (cancelMeasuring()) return true;
  const onImage = annotation.state
    .getAllAnnotations()
    .filter(({ metadata }) => metadata?.referencedImageId === imageId)
    .sort((a, b) => (drawnAt.get(a) ?? 0) - (drawnAt.get(b) ?? 0));
  const isSelected = ({ annotationUID }: Types.Annotation) => annotation.selection.isAnnotationSelected(annotationUID!);
  const selected = onImage.filter(isSelected);
  const victims = selected.length > 0 ? selected : onImage.slice(-1);
  for (const victim of victims) {
    AnnotationTool.createAnnotationMemo(element, victim, { deleting: true });
    annotation.state.removeAnnotation(victim.annotationUID!);
  }
  return victims.length > 0;
}

/** What is half drawn goes first, and is nothing to be redone. */
export function undoMeasurement(): void {
  if (!cancelMeasuring()) history.undo();
}

export const redoMeasurement = () => history.redo();

/** When the page is left; those of its studies come back with it (kept-measurements.ts). */
export function forgetMeasurements(): void {
  annotation.state.removeAllAnnotations();
  history.size = rememberedSteps; // which also empties it
}
