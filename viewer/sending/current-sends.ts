// Sends, rules and devices as the page holds them: sends are asked for again when the archive tells that they moved on.
import { batch, computed, signal } from '@preact/signals';
import { readDevices, type Device } from '../administration-client.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { apart } from '../beside.ts';
import { keepTold } from '../keep-told.ts';
import { listenFor } from '../study-list/live.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';
import {
  addRoute,
  cancelSend,
  changeRoute,
  readRoutes,
  removeRoute,
  repeatSend,
  searchSends,
  type Route,
  type RouteEntry,
  type SendList,
  type SendSearch,
} from '../sending-client.ts';

const newsEveryMs = 3_000;
const lookEveryMs = 10_000;
const typedForMs = 250;

/** What was found, and what was asked for: by now something else may be typed. */
interface Found extends SendList {
  asked: SendSearch;
}

export const list = signal<Found | undefined>(undefined);
export const routes = signal<Route[]>([]);
/** The whole registry. */
export const devices = signal<Device[]>([]);
export const destinations = computed(() => devices.value.filter(canReceive));
/** Our own AE title. */
export const ours = signal('');
/** What of the sends is shown. */
export const chosen = signal<SendSearch>({});
export const error = signal<LoadError | undefined>(undefined);

export async function refresh(signal?: AbortSignal): Promise<void> {
  const which = chosen.value;
  try {
    const [sends, rules, registry] = await Promise.all([
      searchSends(which, signal),
      readRoutes(signal),
      readDevices(signal),
    ]);
    if (which !== chosen.value) return;
    batch(() => {
      error.value = undefined;
      list.value = { ...sends, asked: which };
      routes.value = rules;
      devices.value = registry.devices;
      ours.value = registry.here.aeTitle;
    });
  } catch (thrown) {
    if (!signal?.aborted) error.value = loadError(thrown);
  }
}

/** Whether images can be sent to a device: it listens at one place. */
export const canReceive = ({ state, port, host }: Device) =>
  state === 'approved' && port !== null && !host.includes('/');

/** As it is chosen: what people call its place, and what tells it from another of its title. */
export const destinationName = ({ aeTitle, room, host, port }: Device): string =>
  `${aeTitle}${room && ` – ${apart(room)}`} (${host}:${port})`;

/** Returns what stops it. */
export function keepFresh(): () => void {
  void refresh();
  return keepTold(refresh, (changed) => listenFor('sends', changed), {
    newsEveryMs,
    lookEveryMs,
    error,
  });
}

let typing: ReturnType<typeof setTimeout> | undefined;

export function choose(which: SendSearch): void {
  const isTyped = which.text !== chosen.value.text;
  chosen.value = which;
  clearTimeout(typing);
  typing = setTimeout(() => void refresh(), isTyped ? typedForMs : 0);
}

export const repeat = (id: number) => thenRefresh(refresh, repeatSend(id), text('sendRepeated'));

export const cancel = (id: number) => thenRefresh(refresh, cancelSend(id), text('sendStopped'));

export const forget = (id: number) => thenRefresh(refresh, removeRoute(id), text('routeRemoved'));

/** @throws LoadError, for the form to show */
export async function save(route: Route | undefined, entry: RouteEntry): Promise<void> {
  await (route ? changeRoute(route, entry) : addRoute(entry));
  await refresh();
}
