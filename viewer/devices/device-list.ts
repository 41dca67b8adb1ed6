// The device registry as the page holds it: asked for again now and then, because a modality may call at any moment.
import { signal } from '@preact/signals';
import {
  approveDevice,
  changeDevice,
  addDevice,
  readDevices,
  removeDevice,
  testDevice,
  type Device,
  type DeviceEntry,
  type DeviceList,
  type EchoOutcome,
} from '../administration-client.ts';
import { keepFresh as lookAgain } from '../keep-fresh.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { readAnew } from '../read-anew.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';

export type Test = 'running' | { outcome: EchoOutcome; durationMs: number } | LoadError;

const lookEveryMs = 4_000;

export const registry = signal<DeviceList | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);
/** By device: the test that runs or ran last. */
export const tests = signal<ReadonlyMap<number, Test>>(new Map());

export const refresh = (stopped?: AbortSignal): Promise<void> =>
  readAnew({ shown: registry, error }, readDevices, stopped);

/** Returns what stops it. */
export const keepFresh = (): (() => void) => lookAgain(refresh, lookEveryMs);

export async function approve({ id, aeTitle: name }: Device): Promise<void> {
  await thenRefresh(refresh, approveDevice(id), text('deviceApproved', { name }));
}

export async function remove({ id, aeTitle: name }: Device): Promise<void> {
  await thenRefresh(refresh, removeDevice(id), text('deviceRemoved', { name }));
}

/** @throws LoadError, for the form to show */
export async function save(device: Device | undefined, entry: DeviceEntry): Promise<void> {
  await (device ? changeDevice(device, entry) : addDevice(entry));
  if (device) forgetTest(device.id);
  await refresh();
}

export async function test(id: number): Promise<void> {
  if (tests.value.get(id) === 'running') return;
  setTest(id, 'running');
  setTest(id, await testDevice(id).catch(loadError));
}

function setTest(id: number, test: Test): void {
  tests.value = new Map([...tests.value, [id, test]]);
}

function forgetTest(id: number): void {
  tests.value = new Map([...tests.value].filter(([tested]) => tested !== id));
}
