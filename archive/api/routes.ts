/** The rules that say which studies are sent where by themselves, for administrators. */
import { z } from 'zod';
import { recordAccess } from '#access/record.ts';
import type { Database } from '#index/database.ts';
import {
  addRoute,
  changeRoute,
  listRoutes,
  NoSuchDestination,
  NoSuchSource,
  priorities,
  removeRoute,
  RouteHasChanged,
} from '#index/routes.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { readJson } from '../http/json.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { aeTitle } from './device-entry.ts';
import { largestInteger, numberIn } from './numbered.ts';

const { listedValues } = limits.routing;
const noRoute = 'no such route';
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 22:00');

/** A PostgreSQL integer. */
const deviceNumber = z.int().min(1).max(largestInteger);

const entry = z.strictObject({
  name: z.string().trim().min(1).max(64),
  enabled: z.boolean(),
  /** Any of these in the study; empty for all. */
  modalities: z.array(z.string().regex(/^[A-Z0-9_]{1,16}$/, 'a modality such as CT')).max(listedValues),
  /** AE titles of which any has sent of the study; empty, with no device either, for all. */
  sourceAETitles: z.array(aeTitle).max(listedValues),
  /** Numbers of devices of the registry of which any has: of several with one AE title these very ones. */
  sourceDevices: z.array(deviceNumber).max(listedValues).default([]),
  /** Number of a device of the registry that has a port. */
  destination: deviceNumber,
  /** Between which times of the site's day it sends, over midnight where the first is the later one; null: always. */
  window: z
    .strictObject({ from: time, until: time })
    .refine(({ from, until }) => from !== until, 'two different times')
    .nullable(),
  priority: z.enum(priorities),
});
const version = z.string().max(64);
const route = entry.extend({ id: z.int(), version, destinationAETitle: z.string() });
/** With the version that was read, what somebody else has changed since is not written over. */
const changedEntry = entry.extend({ version: version.optional() });

export function routeResources({ database: { pool }, log }: { database: Database; log: Log }): Resource[] {
  const note = ({ caller }: CallerRequest, managed: string): void =>
    recordAccess(log, { caller, action: 'manage', managed });

  return [
    {
      method: 'get',
      path: '/routes',
      right: 'manage',
      description: { summary: 'Rules: which studies are sent where', answer: z.object({ routes: z.array(route) }) },
      async handle(_request, response) {
        response.set('Cache-Control', 'no-store').json({ routes: await listRoutes(pool) });
      },
    },
    {
      method: 'post',
      path: '/routes',
      right: 'manage',
      description: { summary: 'Add a rule; it concerns studies that come from now on', body: entry, answer: route },
      async handle(request, response) {
        const added = await addRoute(pool, await readJson(request, entry)).catch(refuse);
        note(request, `route ${added.id} added`);
        response.status(201).json(added);
      },
    },
    {
      method: 'put',
      path: '/routes/:route',
      right: 'manage',
      description: { summary: 'Change a rule', body: changedEntry, answer: route },
      async handle(request, response) {
        const id = numberIn(request, 'route', noRoute, largestInteger);
        const { version: asRead, ...changes } = await readJson(request, changedEntry);
        const changed = await changeRoute(pool, id, changes, asRead).catch(refuse);
        if (!changed) throw new Problem('notFound', noRoute);
        note(request, `route ${id} changed`);
        response.json(changed);
      },
    },
    {
      method: 'delete',
      path: '/routes/:route',
      right: 'manage',
      description: { summary: 'Remove a rule; what it has asked to be sent stays' },
      async handle(request, response) {
        const id = numberIn(request, 'route', noRoute, largestInteger);
        if (!(await removeRoute(pool, id))) throw new Problem('notFound', noRoute);
        note(request, `route ${id} removed`);
        response.status(204).end();
      },
    },
  ];
}

function refuse(error: unknown): never {
  if (error instanceof RouteHasChanged) throw changedMeanwhile(error);
  if (error instanceof NoSuchSource) throw new Problem('badRequest', `sourceDevices: ${error.message}`);
  if (error instanceof NoSuchDestination) throw new Problem('badRequest', `destination: ${error.message}`);
  throw error;
}
