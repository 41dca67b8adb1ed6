// What of a study is shown first, where the address does not name it: what is read side by side, or the series that is read first.
import { batch } from '@preact/signals';
import { isForPlanning } from '../viewport/display-sets.ts';
import { hangingOf, isHung, type Hung } from './hanging.ts';
import { layouts } from './layouts.ts';
import { setsOf } from './listed-series.ts';
import type { Pane } from './pane.ts';
import { keyOf, keyOfSet, mayHoldImages, type SeriesEntry } from './series-entry.ts';
import { activate, divide, panes } from './stage.ts';

/**
 * Shows the images of a study side by side where they are read so; on a screen without room for it the first of them, in one viewport.
 * @returns whether it did, or the reader has chosen something meanwhile
 */
export async function hang(list: SeriesEntry[], pane: Pane, signal: AbortSignal): Promise<boolean> {
  const withImages = list.filter(mayHoldImages);
  const [first] = withImages;
  const images = withImages.reduce((sum, { instances }) => sum + instances, 0);
  const isToHang = withImages.every(({ modality }) => isHung(modality)) && images > 1 && images <= mostHung;
  if (!first || !isToHang || panes.value.length > 1) return false;
  const opening = pane.startOpening(first);
  const sets = await Promise.all(withImages.map((entry) => setsOf(entry, opening))).catch(() => []);
  if (signal.aborted || opening.aborted) return true;
  const hanging = hangingOf(sets.flat());
  // Who has divided the stage meanwhile wants it so.
  if (!hanging || panes.value.length > 1) return false;
  const show = async (hung: Hung, on: Pane) => {
    const entry = withImages.find((each) => keyOf(each) === keyOfSet(hung.set));
    if (entry) await on.show(entry, hung.set, hung.index);
  };
  if (!matchMedia(roomForSeveral).matches) {
    await show(hanging.places.find(Boolean)!, pane);
    return true;
  }
  batch(() => {
    divide(layouts.find(({ id }) => id === hanging.layout)!);
    for (const [place, pane] of panes.value.entries()) if (!hanging.places[place]) pane.leaveEmpty();
    activate(panes.value[hanging.places.findIndex(Boolean)]!);
  });
  await Promise.all(hanging.places.map((hung, place) => hung && show(hung, panes.value[place]!)));
  return true;
}

/** A study of more images than this is not one of projections only. */
const mostHung = 24;
const roomForSeveral = '(min-width: 900px) and (orientation: landscape)';

/**
 * The first series with more than localizers in it; where there is none, the first of all.
 * @returns undefined when the reader has chosen another one meanwhile
 */
export async function firstToRead(
  list: SeriesEntry[],
  pane: Pane,
  signal: AbortSignal,
): Promise<SeriesEntry | undefined> {
  const withImages = list.filter(mayHoldImages);
  if (withImages.length < 2) return withImages[0] ?? list[0];
  for (const entry of withImages) {
    const opening = pane.startOpening(entry);
    const isToRead = await setsOf(entry, opening).then(
      (sets) => !sets.every(isForPlanning),
      () => true, // what is wrong with it is told when it is opened
    );
    if (signal.aborted || opening.aborted) return undefined;
    if (isToRead) return entry;
  }
  return withImages[0];
}
