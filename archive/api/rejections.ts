/**
 * Rejection notes that came in (IHE RAD TF-3 4.66), for administrators: what each one hides, and taking it back.
 */
import { z } from 'zod';
import { recordAccess } from '#access/record.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { Database } from '#index/database.ts';
import { rejectionCodes } from '#index/rejection-note.ts';
import { listRejections, type Rejection, restoreRejection } from '#index/rejections.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { withShortTexts } from './short-texts.ts';
import { requireWholeScope } from './whole-scope.ts';

const text = z.string().nullable();
const time = z.iso.datetime();
const rejection = z.object({
  /** SOP Instance UID of the note. */
  id: z.string(),
  /** Of its document title, coding scheme DCM. */
  code: z.enum(rejectionCodes),
  receivedAt: time,
  door: z.string(),
  callingAETitle: z.string(),
  address: z.string(),
  restoredAt: time.nullable(),
  restoredBy: text,
  studies: z.array(
    z.object({
      StudyInstanceUID: z.string(),
      /** Null while the study is not here. */
      PatientName: text,
      PatientID: text,
      StudyDate: text,
      StudyDescription: text,
      named: z.int(),
      /** Of these, hidden now. */
      hidden: z.int(),
      /** Of those that are hidden, by this note: where it is none, taking the note back shows nothing. */
      hiddenByThis: z.int(),
      /** Nothing of a study of another patient than the note's is rejected. */
      isOtherPatient: z.boolean(),
    }),
  ),
});
const rejections = z.object({
  rejections: z.array(rejection),
  /** For `?before=`; absent where there is no more. */
  next: z.int().optional(),
});

export interface RejectionParts {
  readonly database: Database;
  readonly log: Log;
  /** Where instances lie that are shown again must be asked anew. */
  readonly recent: { forget(): void };
}

export function rejectionResources({ database, log, recent }: RejectionParts): Resource[] {
  return [
    {
      method: 'get',
      path: '/rejections',
      right: 'manage',
      description: { summary: 'Rejection notes and what they hide, the latest first', answer: rejections },
      async handle(request, response) {
        requireWholeScope(request, log);
        const found = await listRejections(database, limits.rejection.listed, beforeOf(request));
        recordAccess(log, { caller: request.caller, action: 'search', door: 'API', count: found.rejections.length });
        response.set('Cache-Control', 'no-store').json({ ...found, rejections: found.rejections.map(shown) });
      },
    },
    {
      method: 'post',
      path: '/rejections/:rejection/restore',
      right: 'manage',
      description: { summary: 'Take a rejection back: what it hides is shown again', answer: rejection },
      async handle(request, response) {
        requireWholeScope(request, log);
        const { caller } = request;
        const id = request.params['rejection'];
        const restored =
          typeof id === 'string' && isUid(id)
            ? await restoreRejection(database, id, `${caller.kind} ${caller.name}`)
            : undefined;
        if (!restored) throw new Problem('notFound', 'no such rejection');
        recent.forget();
        recordAccess(log, {
          caller,
          action: 'restore',
          SOPInstanceUID: restored.id,
          StudyInstanceUID: restored.studies.map(({ StudyInstanceUID }) => StudyInstanceUID).join('\\'),
          reason: restored.code,
          count: restored.studies.reduce((sum, { named }) => sum + named, 0),
          outcome: 'done',
        });
        response.set('Cache-Control', 'no-store').json(shown(restored));
      },
    },
  ];
}

const shown = (found: Rejection): Rejection => ({ ...found, studies: found.studies.map(withShortTexts) });

function beforeOf({ query }: CallerRequest): number | undefined {
  const { before } = query;
  if (before === undefined) return undefined;
  const note = Number(before);
  if (typeof before !== 'string' || !Number.isSafeInteger(note)) throw new Problem('badRequest', 'before is no number');
  return note;
}
