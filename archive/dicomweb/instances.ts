/**
 * WADO-RS of studies, series and instances (PS3.18 Section 10.4.1.1): as stored, decoded to Explicit VR Little Endian, or
 * compressed without loss for who names another transfer syntax; one by itself, several in parts or as a ZIP.
 */
import { mapInTurns } from '#dicom/file/turn.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Accepted, Offer } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import type { Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { retrieve } from '../retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '../retrieve.ts';
import { canBeDecoded, compressible } from '../transcoded.ts';
import { decodableOf } from './decodable.ts';
import type { Given } from './decodable.ts';
import { rememberLost } from '../unreadable.ts';
import { acceptedBy, answerUnchanged } from './negotiate.ts';
import { headOf, open, openedOf, sayLeftOut } from './opened-instances.ts';
import type { Answering, Giving } from './opened-instances.ts';
import { selectionOf } from './selection.ts';
import { sendZip, zipType } from './zipped.ts';

const paths = [
  '/studies/:StudyInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID',
];
const type = 'application/dicom';

export function instanceResources(parts: RetrieveParts): Resource[] {
  return paths.map((path) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response, signal) => {
      const found = await retrieve(selectionOf(request), request.caller, [], parts);
      const chosen = (await mapInTurns(found, chooser(acceptedBy(request)))).filter((each) => each !== undefined);
      const [first] = chosen;
      if (!first) throw notAcceptable(found);
      const single = chosen.every((each) => each.single);
      if (single && found.length > 1)
        throw new Problem('notAcceptable', `several instances come as multipart/related; type="${type}"`);
      const isZip = first.zipped;
      if (chosen.some(({ zipped }) => zipped !== isZip))
        throw new Problem('notAcceptable', 'some instances could only come in parts, and some only as a ZIP');
      const { given, leftOut } = await decodableOf(chosen, parts, signal);
      if (!given[0]) throw leftOut[0] ?? notAcceptable(found);
      const what = given.map(({ instance, syntax }) => `${instance.row.digest.toString('base64url')} ${syntax.uid}`);
      const missing = found.length - given.length;
      // Who has all that can be given is told all the same that there is more by now.
      if (answerUnchanged(request, response, `${what.join()} ${single} ${isZip} ${missing}`)) return;
      if (missing > 0) sayLeftOut(response, missing, leftOut[0]?.message ?? notAcceptable(found).message);
      const answering = { response, signal, parts };
      if (single) await sendSingle(given[0], answering);
      else if (isZip) await sendZip({ given, missing }, answering);
      else await sendMultipart({ given, missing }, what.join(), answering);
    },
  }));
}

interface DicomOffer extends Offer {
  readonly syntax: TransferSyntax;
}

interface Chosen extends Given {
  readonly single: boolean;
  readonly zipped: boolean;
}

/** How each of many instances is given, undefined where not at all: what is accepted is read once for all that are offered alike. */
export function chooser(accepted: Accepted): (instance: RetrievedInstance) => Chosen | undefined {
  // One that nobody knows is another for each instance, though it has the same UID: nothing is turned into any other.
  const known = new Map<TransferSyntax, Map<string, Omit<Chosen, 'instance'> | undefined>>();
  return (instance) => {
    const { syntax, row } = instance;
    let kinds = known.get(syntax);
    if (!kinds) known.set(syntax, (kinds = new Map()));
    // All else that `offersOf` looks at.
    const kind = [row.pixel_offset === null, row.bits_allocated, row.samples_per_pixel].join();
    if (!kinds.has(kind)) kinds.set(kind, choiceOf(instance, accepted));
    const choice = kinds.get(kind);
    return choice && { instance, ...choice };
  };
}

function choiceOf(instance: RetrievedInstance, accepted: Accepted): Omit<Chosen, 'instance'> | undefined {
  const dicom = offersOf(instance);
  const choice = choose(accepted, [...dicom, ...dicom.map(asZip)]);
  if (!choice) return undefined;
  const { range, offer } = choice;
  const zipped = offer.type === zipType;
  // Instances of other forms, which it could name, are not given as a ZIP.
  if (zipped && (range.parameters.get('type') ?? type).toLowerCase() !== type) return undefined;
  return { syntax: offer.syntax, single: range.type === type, zipped };
}

/** Only for who names it: what anybody takes is the first. */
function asZip({ answers, syntax }: DicomOffer): DicomOffer {
  return { type: zipType, answers, syntax };
}

/**
 * Explicit VR Little Endian for who names no transfer syntax (Table 8.7.3-2); as stored for who names that, or any;
 * compressed for who names the syntax.
 */
function offersOf(instance: RetrievedInstance): DicomOffer[] {
  const { syntax } = instance;
  const explicit = explicitLittleEndian;
  const compressed = compressible(instance).map((into) => ({ type, answers: [into.uid], syntax: into }));
  if (syntax === explicit) return [{ type, answers: ['', '*', explicit.uid], syntax }, ...compressed];
  const stored = { type, answers: ['*', syntax.uid], syntax, toAnybody: true };
  if (!canBeDecoded(instance)) return [stored];
  return [{ type, answers: ['', explicit.uid], syntax: explicit }, stored, ...compressed];
}

function notAcceptable(found: readonly RetrievedInstance[]): Problem {
  const syntaxes = [...new Set(found.map(({ syntax }) => syntax))];
  const [first] = syntaxes;
  const why = first?.encapsulated && !first.decodeFrame && first.undecodable ? ` (${first.undecodable})` : '';
  return new Problem(
    'notAcceptable',
    `nothing that is accepted can be given: instances are ${type}, stored as ${syntaxes.map(({ uid }) => uid).join(', ')}${why}`,
  );
}

async function sendSingle(given: Given, answering: Answering): Promise<void> {
  const { response } = answering;
  const head = headOf(given);
  const { length, send } = await open(given, answering);
  response.set('Content-Type', `${type}; transfer-syntax=${given.syntax.uid}`);
  if (length !== undefined) response.set('Content-Length', String(head.length + length));
  response.write(head);
  await send();
  response.end();
}

/** @throws what reading the last of them throws, where none can be read */
async function sendMultipart(giving: Giving, what: string, answering: Answering): Promise<void> {
  const { response, signal } = answering;
  const form = multipart(type, what);
  response.set('Content-Type', form.contentType);
  for await (const { each, opened } of openedOf(giving, (each) => open(each, answering), answering)) {
    response.write(Buffer.concat([form.head(`${type}; transfer-syntax=${each.syntax.uid}`), headOf(each)]));
    await opened.send().catch((error: unknown) => {
      rememberLost(error, each.instance);
      throw error;
    });
  }
  if (!signal.aborted) response.end(form.tail);
}
