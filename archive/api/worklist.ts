/** The worklist for people and programs: procedure steps are scheduled, changed and cancelled here, and read by modalities. */
import { z } from 'zod';
import { callerKey } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Database } from '#index/database.ts';
import { Allowance } from '#settings/allowance.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { performedFor } from '#workflow/performed-steps.ts';
import {
  cancelStep,
  changeStep,
  findStep,
  scheduleStep,
  StepHasChanged,
  StepIsFixed,
  stepsInOrder,
  stepStates,
} from '#workflow/scheduled-steps.ts';
import { stepAttributes } from '#workflow/step-attributes.ts';
import { readJson } from '../http/json.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { changedMeanwhile } from './changed-meanwhile.ts';
import { numberIn, there } from './numbered.ts';
import { performedStep, performedStepsJson } from './performed-steps.ts';
import { comingDays, comingPeriods, day } from './site-days.ts';
import { requireWholeScope } from './whole-scope.ts';

const noEntry = 'no such entry of the worklist';
const date = z.string().regex(/^\d{8}$/, 'YYYYMMDD');
const state = z.enum(stepStates);
const searched = {
  states: z
    .array(state)
    .max(stepStates.length)
    .default([...stepStates]),
  from: date.optional(),
  to: date.optional(),
  modality: z.string().max(16).optional(),
  stationAETitle: z.string().max(16).optional(),
  /** Words of a name, a Patient ID or an accession number. */
  text: z.string().max(200).optional(),
  /** Days by the calendar of the site, in place of `from` and `to`. */
  period: z.enum(comingPeriods).optional(),
};
const search = z.strictObject(searched).refine(({ period, from, to }) => !period || (!from && !to), {
  path: ['period'],
  message: 'not together with from or to',
});
const step = z.object({
  id: z.int(),
  state,
  attributes: stepAttributes,
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  changedBy: z.string(),
});
const found = z.object({
  steps: z.array(step),
  isCut: z.boolean(),
  /** YYYYMMDD at the site. */
  today: z.string(),
});
const detailed = step.extend({ performed: z.array(performedStep) });
const changed = z.strictObject({
  attributes: stepAttributes,
  state: z.enum(['scheduled', 'arrived', 'ready']),
  /** As it was read: then what somebody else has changed since is not written over. */
  changedAt: z.iso.datetime().optional(),
});

export interface WorklistParts {
  readonly database: Database;
  readonly log: Log;
  /** Of the site: today is meant in it. */
  readonly timeZone: string;
  /** Entries that one account or token makes within a day. */
  readonly stepsPerDay?: number;
}

export function worklistResources({
  database,
  log,
  timeZone,
  stepsPerDay = limits.workflow.stepsPerDay,
}: WorklistParts): Resource[] {
  const made = new Allowance(stepsPerDay, 24 * 60 * 60_000);
  const note = ({ caller }: CallerRequest, managed: string): void =>
    recordAccess(log, { caller, action: 'manage', managed });
  const by = ({ caller }: CallerRequest): string => `${caller.kind} ${caller.name}`;

  const resources: Resource[] = [
    {
      method: 'post',
      path: '/worklist/search',
      right: 'read',
      description: { summary: 'Entries of the worklist, in the order of their time', body: search, answer: found },
      async handle(request, response) {
        const { states, period, ...given } = await readJson(request, search);
        const now = new Date();
        const days = period && comingDays(period, timeZone, now);
        const asked = Object.entries({ ...given, ...days }).filter(([, value]) => value !== undefined);
        const filter = Object.fromEntries(asked);
        const most = limits.workflow.stepsListed;
        const { value: steps = [] } = await stepsInOrder(database, { states, ...filter }, most + 1).next();
        const matched = Object.keys(filter);
        recordAccess(log, { caller: request.caller, action: 'search', door: 'API', matched, count: steps.length });
        const today = day(0, timeZone, now);
        response
          .set('Cache-Control', 'no-store')
          .json({ steps: steps.slice(0, most), isCut: steps.length > most, today });
      },
    },
    {
      method: 'post',
      path: '/worklist',
      right: 'store',
      description: {
        summary: 'Schedule a procedure step; UIDs and IDs that are left out are made',
        body: stepAttributes,
        answer: step,
      },
      async handle(request, response) {
        const attributes = await readJson(request, stepAttributes);
        if (!made.take(callerKey(request.caller)))
          throw new Problem('tooManyRequests', `one account or token makes ${stepsPerDay} entries within a day`, {
            retryAfterSeconds: limits.retryAfter.worklistSeconds,
          });
        const scheduled = await scheduleStep(database, attributes, by(request));
        note(request, `procedure step ${scheduled.id} scheduled`);
        response.status(201).json(scheduled);
      },
    },
    {
      method: 'get',
      path: '/worklist/:step',
      right: 'read',
      description: { summary: 'One entry, with what was performed for it', answer: detailed },
      async handle(request, response) {
        const entry = there(await findStep(database, numberIn(request, 'step', noEntry)), noEntry);
        const steps = await performedFor(database, entry.id, limits.performedStep.listed);
        recordAccess(log, { caller: request.caller, action: 'search', door: 'API', count: 1 });
        response
          .set('Cache-Control', 'no-store')
          .json({ ...entry, performed: await performedStepsJson(database, steps) });
      },
    },
    {
      method: 'put',
      path: '/worklist/:step',
      right: 'store',
      description: { summary: 'Change an entry that nothing was performed for', body: changed, answer: step },
      async handle(request, response) {
        const id = numberIn(request, 'step', noEntry);
        const change = await readJson(request, changed);
        const now = there(await changeStep(database, id, change, by(request)).catch(refuse), noEntry);
        note(request, `procedure step ${id} changed`);
        response.json(now);
      },
    },
    {
      method: 'post',
      path: '/worklist/:step/cancel',
      right: 'store',
      description: { summary: 'Cancel an entry that is not over', answer: step },
      async handle(request, response) {
        const id = numberIn(request, 'step', noEntry);
        const cancelled = there(await cancelStep(database, id, by(request)).catch(refuse), noEntry);
        note(request, `procedure step ${id} cancelled`);
        response.json(cancelled);
      },
    },
  ];
  // What is scheduled is of no study yet, and names everybody who is to come.
  return resources.map(({ handle, ...resource }) => ({
    ...resource,
    async handle(request, response, signal) {
      requireWholeScope(request, log);
      await handle(request, response, signal);
    },
  }));
}

function refuse(error: unknown): never {
  if (error instanceof StepIsFixed) throw new Problem('cannotChange', error.message, { cause: error });
  if (error instanceof StepHasChanged) throw changedMeanwhile(error);
  throw error;
}
