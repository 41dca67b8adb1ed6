/** QIDO-RS (PS3.18 Section 10.6): studies, series and instances as DICOM JSON, or as XML of the Native DICOM Model. */
import { hash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { instanceJson, instanceXml } from '#derive/instance-metadata.ts';
import type { DescribedDataset } from '#derive/instance-metadata.ts';
import { textPieces } from '#derive/text-pieces.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import type { DicomJson, JsonAttribute } from '#dicom/web/dicom-json.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import { choose } from '#dicom/web/media-types.ts';
import { type Multipart, multipart } from '#dicom/web/multipart.ts';
import type { FoundRow } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import { held } from './held.ts';
import { acceptedBy, answerUnchanged } from './negotiate.ts';
import { objectAttributes } from './object-attributes.ts';
import type { ObjectParts } from './object-attributes.ts';
import { resultWriter } from './result-json.ts';
import { readSearch } from './search-query.ts';
import type { SearchPlace, SearchRequest } from './search-query.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { isAnyFound, search } from '../search.ts';
import type { Asking } from '../search.ts';

/** Table 10.6.1-2, and what Table 10.6.3-3 to -5 say is given for each. */
const places: readonly SearchPlace[] = [
  { path: '/studies', level: 'study', given: ['patient', 'study'] },
  { path: '/studies/:StudyInstanceUID/series', level: 'series', given: ['series'] },
  { path: '/series', level: 'series', given: ['patient', 'study', 'series'] },
  { path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances', level: 'instance', given: ['instance'] },
  { path: '/studies/:StudyInstanceUID/instances', level: 'instance', given: ['series', 'instance'] },
  { path: '/instances', level: 'instance', given: ['patient', 'study', 'series', 'instance'] },
];

const json = 'application/dicom+json';
const xml = 'application/dicom+xml';
/** Both are asked of who serves searches (Table 10.6.4-1). */
const offers = [json, xml, 'application/json'].map((type) => ({ type, answers: ['', '*'] }));

/** Boundaries are the same for the same question, as a strong ETag asks, and nobody can know them beforehand. */
const boundarySecret = randomBytes(24).toString('hex');

/** Results are written in pieces of so many, so that a long answer does not hold up others. */
const resultsAtOnce = 200;
/** An answer up to here is found whole before its first byte is sent. */
const heldResults = 1_000;

export function searchResources(parts: ObjectParts): Resource[] {
  return places.map((place) => ({
    method: 'get',
    path: place.path,
    right: 'read',
    async handle(request, response, signal) {
      const choice = choose(acceptedBy(request), offers);
      if (!choice) throw new Problem('notAcceptable', `search results are ${json} or multipart/related; type="${xml}"`);
      const asked = { ...readSearch(request, place), asXml: choice.offer.type === xml };
      const asking: Asking = { caller: request.caller, door: 'QIDO-RS', signal };
      const results = search({ ...asked.query, limit: asked.query.limit + 1 }, asking, parts);
      try {
        await answer(request, response, asked, results, asking, parts);
      } finally {
        await results.return();
      }
    },
  }));
}

interface Asked extends SearchRequest {
  readonly asXml: boolean;
}

/** @param results  asked for one more than the limit, which tells whether there are more */
async function answer(
  request: CallerRequest,
  response: Response,
  asked: Asked,
  results: AsyncGenerator<FoundRow[]>,
  asking: Asking,
  parts: ObjectParts,
): Promise<void> {
  const { query } = asked;
  const rows: FoundRow[] = [];
  let isWhole = false;
  while (!isWhole && rows.length <= heldResults) {
    const { value, done } = await results.next();
    if (done) isWhole = true;
    else rows.push(...value);
  }
  const isMore = isWhole
    ? rows.length > query.limit
    : await isAnyFound({ ...query, limit: 1, offset: query.offset + query.limit }, asking, parts);
  for (const text of asked.warnings) response.append('Warning', `299 lightbox "${text}"`);
  if (isMore) response.append('Warning', '299 lightbox "There are additional results that can be requested"');
  response.set('Cache-Control', 'private, no-cache');
  response.vary('Accept');
  const found = rows.slice(0, query.limit);
  if (found.length === 0) {
    response.status(204).end();
    return;
  }
  const form = asked.asXml ? multipart(xml, `${boundarySecret} ${request.originalUrl}`) : undefined;
  response.set('Content-Type', form?.contentType ?? json);
  const writer = new ResultTexts(asked, parts, asking.signal);
  if (!form && isWhole && found.length <= resultsAtOnce && asked.fromObjects.length === 0) {
    // As bytes: to a text Express adds a charset, which the type does not have.
    const bytes = Buffer.from(`[${writer.fromIndex(found)}]`);
    if (!answerUnchanged(request, response, `search ${hash('sha256', bytes)}`)) response.send(bytes);
  }
  // Its headers are all of the answer (RFC 9110 Section 9.3.2), and no object need be read for them.
  else if (response.req.method === 'HEAD') response.end();
  else {
    const rows = withinLimit(joined(found, results), query.limit);
    const texts = form ? wholeXml(writer, rows, form) : wholeText(writer, rows);
    // What fails before the first byte has an answer of its own.
    const known = await held(texts);
    if ('pieces' in known) await pipeline(Readable.from(known.pieces), response);
    else if (!answerUnchanged(request, response, `search ${known.digest}`)) response.send(known.bytes);
  }
}

async function* wholeText(
  writer: ResultTexts,
  results: AsyncIterable<readonly FoundRow[]>,
): AsyncGenerator<string, void, void> {
  let before = '[';
  for await (const rows of results) {
    for await (const piece of writer.write(rows)) {
      yield before + piece;
      before = '';
    }
    before = ',';
  }
  yield ']';
}

/** One part each. */
async function* wholeXml(
  writer: ResultTexts,
  results: AsyncIterable<readonly FoundRow[]>,
  form: Multipart,
): AsyncGenerator<string, void, void> {
  for await (const rows of results) {
    for await (const { result, object } of writer.each(rows)) {
      const known = fromDicomJson(Object.fromEntries(preferred(result, object)), limits.dataset);
      let before = form.head(xml).toString('latin1');
      for (const piece of instanceXml(object ?? { dataset: known, address: '' }, known)) {
        yield before + piece;
        before = '';
        await endOfTurn();
      }
    }
  }
  yield form.tail.toString('latin1');
}

async function* withinLimit(
  batches: AsyncIterable<readonly FoundRow[]>,
  limit: number,
): AsyncGenerator<readonly FoundRow[], void, void> {
  let given = 0;
  for await (const batch of batches) {
    for (let at = 0; at < batch.length && given < limit; at += resultsAtOnce) {
      const rows = batch.slice(at, Math.min(at + resultsAtOnce, at + limit - given));
      yield rows;
      given += rows.length;
    }
  }
}

async function* joined<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield first;
  yield* rest;
}

/** Rows as text, with what must be read from objects. */
class ResultTexts {
  readonly #asked: SearchRequest;
  readonly #parts: ObjectParts;
  readonly #signal: AbortSignal;
  readonly #write: (row: FoundRow) => string;

  constructor(asked: SearchRequest, parts: ObjectParts, signal: AbortSignal) {
    this.#asked = asked;
    this.#parts = parts;
    this.#signal = signal;
    this.#write = resultWriter(asked.query.level, asked.query.returned, parts.baseUrl);
  }

  /** Results of the index alone, joined by commas. */
  fromIndex(rows: readonly FoundRow[]): string {
    return rows.map(this.#write).join();
  }

  /** Results joined by commas, in pieces: one of them may be as long as a data set, and others wait meanwhile. */
  async *write(rows: readonly FoundRow[]): AsyncGenerator<string, void, void> {
    if (this.#asked.fromObjects.length === 0) {
      yield this.fromIndex(rows);
      return;
    }
    yield* textPieces(this.#texts(rows), ',');
  }

  async *#texts(rows: readonly FoundRow[]): AsyncGenerator<Iterable<string>, void, void> {
    for await (const { result, object } of this.each(rows))
      yield object ? instanceJson(object, new Map(preferred(result, object).map(written))) : [result];
  }

  /** Each result as the index has it, in JSON, and what was read of an object for it. */
  async *each(
    rows: readonly FoundRow[],
  ): AsyncGenerator<{ result: string; object: DescribedDataset | undefined }, void, void> {
    const { query, fromObjects } = this.#asked;
    if (fromObjects.length === 0) {
      for (const row of rows) yield { result: this.#write(row), object: undefined };
      return;
    }
    let at = 0;
    for await (const object of objectAttributes(rows, query.level, fromObjects, this.#parts, this.#signal))
      yield { result: this.#write(rows[at++] as FoundRow), object };
  }
}

/** What the index says stands before what one object says, unless the index has no value or only part of a sequence. */
function preferred(result: string, object: DescribedDataset | undefined): [tag: string, JsonAttribute][] {
  return Object.entries(JSON.parse(result) as DicomJson).filter(
    ([tag, { vr, Value }]) => !object?.dataset.elements.has(Number.parseInt(tag, 16)) || (Value && vr !== 'SQ'),
  );
}

const written = ([tag, attribute]: [string, JsonAttribute]) =>
  [Number.parseInt(tag, 16), `"${tag}":${JSON.stringify(attribute)}`] as const;
