// The calls of the sending page: what is sent to devices, and the rules. Loaded with it, not with the shell.
import { json } from './archive-client.ts';
import { parseWritten } from './as-written.ts';
import type { SendFailure } from './device-failure.tsx';

export type Priority = 'high' | 'medium' | 'low';
export type SendState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** Why the last try did not send everything. */
export interface SendCause extends SendFailure {
  /** Of how many images this is the reason, and how many other reasons there are. */
  instances?: number;
  others?: number;
}

export interface Send {
  id: number;
  /** Name of the rule that asked for it; null for a person. */
  route: string | null;
  /** AE title. */
  destination: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string | null;
  /** Of the study; null when it is gone. */
  PatientName: string | null;
  PatientID: string | null;
  AccessionNumber: string | null;
  StudyDescription: string | null;
  StudyDate: string | null;
  ModalitiesInStudy: string[] | null;
  priority: Priority;
  state: SendState;
  cause: SendCause | null;
  total: number | null;
  sent: number;
  /** Times of the site's day between which it is sent; null: always. */
  window: { from: string; until: string } | null;
  dueAt: string;
  changedAt: string;
}

export interface SendList {
  sends: Send[];
  counts: Record<SendState, number>;
}

export interface RouteEntry {
  name: string;
  enabled: boolean;
  modalities: string[];
  sourceAETitles: string[];
  /** Numbers of the registry. */
  sourceDevices: number[];
  destination: number;
  window: { from: string; until: string } | null;
  priority: Priority;
}

export interface Route extends RouteEntry {
  id: number;
  version: string;
  destinationAETitle: string;
}

export interface SendSearch {
  state?: SendState;
  text?: string;
}

export const searchSends = (body: SendSearch, signal?: AbortSignal) =>
  json<SendList>('/api/sends/search', { body, signal });

export const addSend = (body: { StudyInstanceUID: string; device: number }) => json<Send>('/api/sends', { body });

export const repeatSend = (id: number) => json<Send>(`/api/sends/${id}/repeat`, { method: 'POST' });

export const cancelSend = (id: number) => json<Send>(`/api/sends/${id}/cancel`, { method: 'POST' });

export const readRoutes = async (signal?: AbortSignal) =>
  (await json<{ routes: Route[] }>('/api/routes', { signal, parse: parseWritten })).routes;

export const addRoute = (entry: RouteEntry) => json<Route>('/api/routes', { body: entry });

/** Refused where somebody else has changed it since it was read. */
export const changeRoute = ({ id, version }: Route, entry: RouteEntry) =>
  json<Route>(`/api/routes/${id}`, { method: 'PUT', body: { ...entry, version } });

export const removeRoute = (id: number) => json<void>(`/api/routes/${id}`, { method: 'DELETE' });
