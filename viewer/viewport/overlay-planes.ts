// The overlays of group 60xx that lie on a frame (PS3.3 C.9.2), read from DICOM JSON. Short ones stand in the metadata; long ones
// are fetched when a frame that has them is shown, so that no image waits for them.
import { isBesideValue, type Overlay, overlayElements, overlayGroups, overlayOn } from '#dicom/pixels/overlay-plane.ts';
import type { JsonAttribute, JsonDataset } from '../archive-client.ts';
import { readBulkData } from '../image-client.ts';
import { inlineBytes, number, numbers, string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { pixelFormatOf } from './frame-pixels.ts';

type ElementName = keyof typeof overlayElements;

const tagOf = (group: number, name: ElementName) =>
  (group * 0x10000 + overlayElements[name]).toString(16).toUpperCase().padStart(8, '0');

const inUse = (instance: JsonDataset) =>
  overlayGroups.filter((group) => number(instance, tagOf(group, 'rows')) !== undefined);

/** Some group's points stand in bits of the pixel cells (retired, but archives are full of it). */
export const hasOverlayInCells = (instance: JsonDataset) => inUse(instance).some((group) => isInCells(instance, group));

const isInCells = (instance: JsonDataset, group: number) =>
  !instance[tagOf(group, 'data')] &&
  (number(instance, tagOf(group, 'bitsAllocated')) ?? 1) > 1 &&
  isBesideValue(bitPositionOf(instance, group), pixelFormatOf(instance));

const bitPositionOf = (instance: JsonDataset, group: number) => number(instance, tagOf(group, 'bitPosition')) ?? 0;

/** Overlay Data that has been fetched, or is being fetched; what failed is asked for again by the next frame shown. */
const fetched = new WeakMap<JsonAttribute, Uint8Array | Promise<void>>();

export interface FrameOverlays {
  overlays: Overlay[];
  /** resolves when those that are still missing have come; undefined when none is. @throws LoadError */
  missing: Promise<void> | undefined;
}

/** The graphics on a frame, as far as they are here. @param cellsKnown  whether bits of the pixel cells can be read */
export function overlaysOn({ instance, frameNumber }: Frame, cellsKnown: boolean): FrameOverlays {
  const overlays: Overlay[] = [];
  const missing: Promise<void>[] = [];
  for (const group of inUse(instance)) {
    const at = (name: ElementName) => number(instance, tagOf(group, name));
    const said = {
      rows: at('rows'),
      columns: at('columns'),
      type: string(instance, tagOf(group, 'type')),
      frames: at('frames'),
      firstFrame: at('firstFrame'),
      origin: numbers(instance, tagOf(group, 'origin')),
    };
    const found = overlayOn(said, frameNumber);
    if (!found) continue;
    const { index, ...place } = found;
    if (isInCells(instance, group)) {
      if (cellsKnown) overlays.push({ ...place, points: { bitPosition: bitPositionOf(instance, group) } });
      continue;
    }
    const bits = pointsOf(instance, tagOf(group, 'data'));
    const firstBit = index * place.rows * place.columns;
    if (bits instanceof Promise) missing.push(bits);
    else if (bits && bits.length * 8 >= firstBit + place.rows * place.columns) {
      overlays.push({ ...place, points: { bits, firstBit } });
    }
  }
  return { overlays, missing: missing.length > 0 ? Promise.all(missing).then(() => undefined) : undefined };
}

function pointsOf(instance: JsonDataset, tag: string): Uint8Array | Promise<void> | undefined {
  const attribute = instance[tag];
  if (!attribute?.BulkDataURI) return inlineBytes(instance, tag);
  const known = fetched.get(attribute);
  if (known) return known;
  const fetching = (async () => {
    try {
      fetched.set(attribute, await readBulkData(attribute.BulkDataURI!));
    } catch (error) {
      fetched.delete(attribute);
      throw error;
    }
  })();
  fetched.set(attribute, fetching);
  return fetching;
}
