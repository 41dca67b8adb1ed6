/** What is sent to devices, by rules and by hand: how far it is, why it is not further, and doing it again. */
import type { Response } from 'express';
import { z } from 'zod';
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { Database } from '#index/database.ts';
import { priorities } from '#index/routes.ts';
import { addSend, cancelSend, countSends, listSends, repeatSend, type Send, sendStates } from '#index/sends.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { readJson } from '../http/json.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { requireRight } from '../require-right.ts';
import { sendFailure } from './failure.ts';
import { largestInteger, numberIn, there } from './numbered.ts';
import { withShortTexts } from './short-texts.ts';
import { requireWholeScope } from './whole-scope.ts';

const noSend = 'no such send';
const uid = z.string().refine(isUid, 'a UID');
const asked = z.strictObject({
  StudyInstanceUID: uid,
  /** Without it the whole study. */
  SeriesInstanceUID: uid.optional(),
  /** Number of a device of the registry that has a port. */
  device: z.int().min(1).max(largestInteger),
  priority: z.enum(priorities).default('high'),
});
const time = z.iso.datetime();
const count = z.int().min(0);
const cause = sendFailure.extend({
  /** Of how many instances this is the reason; how many other reasons there are. */
  instances: count.optional(),
  others: count.optional(),
});
const send = z.object({
  id: z.int(),
  /** Name of the rule that asked for it; null for a person. */
  route: z.string().nullable(),
  device: z.int().nullable(),
  /** AE title. */
  destination: z.string(),
  StudyInstanceUID: z.string(),
  SeriesInstanceUID: z.string().nullable(),
  /** Of the study; null when it is gone, and where the caller may not read. */
  PatientName: z.string().nullable(),
  PatientID: z.string().nullable(),
  AccessionNumber: z.string().nullable(),
  StudyDescription: z.string().nullable(),
  StudyDate: z.string().nullable(),
  ModalitiesInStudy: z.array(z.string()).nullable(),
  priority: z.enum(priorities),
  state: z.enum(sendStates),
  /** Why the last try did not send everything. */
  cause: cause.nullable(),
  /** Instances there are, null before the first try; and of those acknowledged. */
  total: count.nullable(),
  sent: count,
  /** Tries in a row of which nothing was acknowledged. */
  attempts: count,
  /** Times of the site's day between which it is sent, as its rule says; null: always. */
  window: z.object({ from: z.string(), until: z.string() }).nullable(),
  dueAt: time,
  createdAt: time,
  changedAt: time,
});
const sends = z.object({ sends: z.array(send), counts: z.record(z.enum(sendStates), count) });

const which = z.object({
  state: z.enum(sendStates).optional(),
  StudyInstanceUID: uid.optional(),
});
/** By POST, so that no name stands in a URL. */
const searched = which.extend({
  /** Words of the patient's name, a Patient ID, an accession number or the destination. */
  text: z.string().max(200).optional(),
});

export interface SendParts {
  readonly database: Database;
  readonly log: Log;
  /** Something is to be sent now. */
  readonly due: () => void;
}

export function sendResources({ database: { pool }, log, due }: SendParts): Resource[] {
  const note = ({ caller }: CallerRequest, managed: string, { StudyInstanceUID, destination }: Send): void =>
    recordAccess(log, { caller, action: 'manage', managed, StudyInstanceUID, destination });
  const answerSends = async (
    { caller }: CallerRequest,
    response: Response,
    { state, ...chosen }: z.infer<typeof searched>,
  ): Promise<void> => {
    if (chosen.text) requireRight('read', caller, log, 'API');
    const [found, counts] = await Promise.all([
      listSends(pool, { state, ...chosen }, limits.sends.listed),
      countSends(pool, chosen),
    ]);
    const matched = Object.entries({ state, ...chosen }).flatMap(([name, value]) => (value ? [name] : []));
    recordAccess(log, { caller, action: 'search', door: 'API', matched, count: found.length });
    response.set('Cache-Control', 'no-store').json({ sends: found.map((each) => shownTo(caller, each)), counts });
  };

  return [
    {
      method: 'get',
      path: '/sends',
      right: 'manage',
      description: {
        summary: 'What is sent to devices, the latest change first; ?state= and ?StudyInstanceUID= choose',
        answer: sends,
      },
      async handle(request, response) {
        requireWholeScope(request, log);
        const chosen = which.safeParse(request.query);
        if (!chosen.success) throw new Problem('badRequest', 'state or StudyInstanceUID is not one');
        await answerSends(request, response, chosen.data);
      },
    },
    {
      method: 'post',
      path: '/sends/search',
      right: 'manage',
      description: {
        summary: 'What is sent to devices, the latest change first, and how many there are of each state',
        body: searched,
        answer: sends,
      },
      async handle(request, response) {
        requireWholeScope(request, log);
        await answerSends(request, response, await readJson(request, searched));
      },
    },
    {
      method: 'post',
      path: '/sends',
      right: 'manage',
      description: { summary: 'Send a study or series to a device', body: asked, answer: send },
      async handle(request, response) {
        requireWholeScope(request, log);
        const added = await addSend(pool, await readJson(request, asked));
        if (!added) throw new Problem('notFound', 'no such study or series, or the device cannot be sent to');
        note(request, `send ${added.id} added`, added);
        due();
        response.status(201).json(shownTo(request.caller, added));
      },
    },
    {
      method: 'post',
      path: '/sends/:send/repeat',
      right: 'manage',
      description: { summary: 'Try now what is left; of a send that was done, everything again', answer: send },
      async handle(request, response) {
        requireWholeScope(request, log);
        const repeated = there(
          await repeatSend(pool, numberIn(request, 'send', noSend)),
          `${noSend}, or it is running`,
        );
        note(request, `send ${repeated.id} repeated`, repeated);
        due();
        response.json(shownTo(request.caller, repeated));
      },
    },
    {
      method: 'post',
      path: '/sends/:send/cancel',
      right: 'manage',
      description: { summary: 'Send no more of it', answer: send },
      async handle(request, response) {
        requireWholeScope(request, log);
        const cancelled = there(await cancelSend(pool, numberIn(request, 'send', noSend)), `${noSend}, or it is over`);
        note(request, `send ${cancelled.id} cancelled`, cancelled);
        response.json(shownTo(request.caller, cancelled));
      },
    },
  ];
}

/** Whose study it is, is for those who may read it. */
function shownTo({ rights }: Caller, send: Send): Send {
  if (rights.has('read')) return withShortTexts(send);
  return { ...send, PatientName: null, PatientID: null, AccessionNumber: null, StudyDescription: null };
}
