// What a stack tells about itself: which image, how it is shown, what is still to come.
import type { LoadError } from '../archive-client.ts';
import type { DisplaySet } from './display-sets.ts';
import { unturned, type Turn } from './orientation.ts';
import type { PatientPoint } from './slice-through.ts';
import type { Sight } from './stack-view.ts';
import type { StackWindows } from './stack-windows.ts';
import type { Window } from './windows.ts';

export interface StackState {
  set: DisplaySet | undefined;
  /** index of the image that is drawn; undefined while nothing is */
  shown: number | undefined;
  /** index of the image asked for; differs from `shown` while it is loading */
  wanted: number;
  /** how much of the wanted image has arrived, bytes */
  arrived: { done: number; total: number | undefined } | undefined;
  error: LoadError | undefined;
  window: Window | undefined;
  color: boolean;
  inverted: boolean;
  turn: Turn;
  /** pixels of the screen for a millimetre, as far as the image's own spacing is true */
  scale: number;
  playing: boolean;
  /** frames a second that the reader chose for the set */
  chosenRate: number | undefined;
  /** what the reader points at in this viewport */
  pointed: PatientPoint | undefined;
  /** graphics of the file over the image that is drawn (group 60xx); failed: they could not be fetched */
  overlays: 'none' | 'there' | 'failed';
  overlaysWanted: boolean;
  /** the file hides some of the image that is drawn (Display Shutter) */
  hasShutter: boolean;
  shutterWanted: boolean;
  /** how many images could not be fetched ahead */
  failed: number;
  /** some of these for want of a line: it is worth asking again */
  cutOff: boolean;
}

/** How a reader has set what is shown: what a set is shown by when he comes back to it. */
export interface Look extends Pick<StackState, 'inverted' | 'turn' | 'chosenRate'> {
  windows: StackWindows;
  /** what he has moved or zoomed it to; undefined: it is fitted */
  sight: Sight | undefined;
}

export const nothing: StackState = {
  set: undefined,
  shown: undefined,
  wanted: 0,
  arrived: undefined,
  error: undefined,
  window: undefined,
  color: false,
  inverted: false,
  turn: unturned,
  scale: 1,
  playing: false,
  chosenRate: undefined,
  pointed: undefined,
  overlays: 'none',
  overlaysWanted: true,
  hasShutter: false,
  shutterWanted: true,
  failed: 0,
  cutOff: false,
};
