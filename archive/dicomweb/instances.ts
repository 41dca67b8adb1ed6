/** WADO-RS of studies, series and instances as stored (PS3.18 Section 10.4.1.1): application/dicom, streamed. */
import type { Response } from 'express';
import type { CallerRequest, Resource } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { datasetStream, fileMetaOf, retrieve } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { sendPieces } from '#archive/dicomweb/send.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { covers, parseAccept } from '#dicom/web/media-types.ts';
import type { MediaRange } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';

const paths = [
  '/studies/:StudyInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID',
];

export function instanceResources(parts: RetrieveParts): Resource[] {
  return paths.map((path) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response, signal) => {
      const accept = parseAccept(request.headers.accept);
      const found = await retrieve(selectionOf(request), request.caller, [], parts);
      const single =
        accept.find(({ type }) => type === 'application/dicom' || type === 'multipart/related' || type === '*/*')
          ?.type === 'application/dicom';
      const given = found.filter((instance) => accept.some((range) => accepts(range, instance)));
      if (given.length === 0) {
        throw new Problem(
          'notAcceptable',
          `stored as ${found[0]?.syntax.uid}, which is not among the accepted transfer syntaxes`,
        );
      }
      if (notChanged(request, response, given)) return;
      // What is left out is said by the status (10.4.3).
      response.status(given.length < found.length ? 206 : 200);
      if (single && given.length === 1) await sendSingle(given[0] as RetrievedInstance, response, signal, parts);
      else if (single)
        throw new Problem('notAcceptable', 'several instances come as multipart/related; type="application/dicom"');
      else await sendMultipart(given, response, signal, parts);
    },
  }));
}

/** A range without a transfer-syntax takes what is there. */
function accepts({ type, parameters }: MediaRange, { syntax }: RetrievedInstance): boolean {
  if (type === 'multipart/related') {
    const of = parameters.get('type');
    if (of !== undefined && of !== 'application/dicom' && of !== '*/*') return false;
  } else if (!covers({ type, parameters, quality: 1 }, 'application/dicom')) {
    return false;
  }
  const wanted = parameters.get('transfer-syntax');
  return wanted === undefined || wanted === '*' || wanted === syntax.uid;
}

function notChanged(
  request: CallerRequest,
  response: Response,
  [first, ...others]: readonly RetrievedInstance[],
): boolean {
  response.set('Cache-Control', 'private, no-cache');
  if (!first || others.length > 0) return false;
  response.set('ETag', `"${first.row.digest.toString('base64url')}"`);
  if (!request.fresh) return false;
  response.status(304).end();
  return true;
}

async function sendSingle(
  instance: RetrievedInstance,
  response: Response,
  signal: AbortSignal,
  { storage }: RetrieveParts,
): Promise<void> {
  const head = fileMetaOf(instance);
  response.set({
    'Content-Type': `application/dicom; transfer-syntax=${instance.syntax.uid}`,
    'Content-Length': String(head.length + instance.row.length),
  });
  response.write(head);
  await sendPieces(response, datasetStream(instance, storage), signal);
  response.end();
}

async function sendMultipart(
  instances: readonly RetrievedInstance[],
  response: Response,
  signal: AbortSignal,
  { storage }: RetrieveParts,
): Promise<void> {
  const form = multipart('application/dicom');
  response.set('Content-Type', form.contentType);
  for (const instance of instances) {
    if (signal.aborted) return;
    response.write(
      Buffer.concat([form.head(`application/dicom; transfer-syntax=${instance.syntax.uid}`), fileMetaOf(instance)]),
    );
    await sendPieces(response, datasetStream(instance, storage), signal);
  }
  response.end(form.tail);
}
