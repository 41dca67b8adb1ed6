/**
 * Every address of the HTTP door, with each right and none, asked in ways that no program of ours asks: nothing fails inside, nobody is told
 * how we are made, and nobody sees a patient who may not.
 */
import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Right, rights } from '#access/caller.ts';
import { createToken } from '#access/tokens.ts';
import { dicomwebResources } from '#archive/dicomweb/all.ts';
import { wadoUriResources } from '#archive/wado-uri.ts';
import { datasetOf } from './dataset-of.ts';
import { type Address, type HostileRequest, hostileRequests, type Operation } from './http-hostile/requests.ts';
import { startWholeArchive, type WholeArchive } from './whole-archive.ts';

const known = { study: '2.25.71', series: '2.25.72', instance: '2.25.73' };
const patient = 'TUYETMAT';
const asking: Record<string, readonly Right[]> = {
  ...Object.fromEntries(rights.map((right) => [right, [right]])),
  all: rights,
};

/** Callers that share the requests. */
const parts = Object.keys(asking).length;

let archive: WholeArchive;
/** What who may do everything asks; each of the others asks some of it. */
let requests: readonly HostileRequest[];
/** Authorization by who asks. */
const authorizations = new Map<string, string>();

beforeAll(async () => {
  archive = await startWholeArchive();
  const dataset = datasetOf({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
    SOPInstanceUID: known.instance,
    StudyInstanceUID: known.study,
    SeriesInstanceUID: known.series,
    PatientName: patient,
    PatientID: patient,
    StudyDescription: patient,
    Modality: 'OT',
  });
  expect(await archive.stow([dataset])).toBe(200);
  const { pool } = archive.postgres.database;
  // To whom rules and people may send.
  await pool.query(
    "INSERT INTO site.device (ae_title, host, port, state) VALUES ('STORE', '127.0.0.1', 1, 'approved')",
  );
  for (const [name, granted] of Object.entries(asking))
    authorizations.set(name, `Bearer ${await createToken({ database: pool, name, rights: granted })}`);
  const { paths } = (await (await fetch(`${archive.web}api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const addresses: Address[] = Object.entries(paths).map(([path, operations]) => ({ path, operations }));
  // Only their paths are looked at.
  const unused = {} as Parameters<typeof dicomwebResources>[0];
  const others = [
    ...dicomwebResources(unused).map(({ path }) => `/dicom-web${path}`),
    ...wadoUriResources(unused).map(({ path }) => `/wado${path}`),
    '/',
    '/viewer',
    '/metrics',
    '/health/ready',
    '/health/live',
    '/nothing',
  ];
  for (const path of new Set(others)) addresses.push({ path, operations: {} });
  requests = [...hostileRequests(addresses, known)];
});
afterAll(() => archive[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** An answer to its end, or its beginning where it has none. */
function ask({ method, path, headers, body }: HostileRequest, authorization: string | undefined): Promise<Answer> {
  const { hostname, port } = new URL(archive.web);
  // Of some methods Node sends a body without its length: it would be the next request.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const sent = { ...headers, ...length, ...(authorization !== undefined && { authorization }) };
  return new Promise((resolve) => {
    const request = http.request({ hostname, port, method, path, headers: sent, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      const { statusCode: status = 0 } = response;
      const told = (): void => resolve({ status, text: Buffer.concat(pieces).toString() });
      response.on('data', (piece: Buffer) => pieces.push(piece)).on('close', told);
      if (response.headers['content-type']?.startsWith('text/event-stream')) request.destroy();
    });
    // It was refused before all of it was taken.
    request.on('error', () => resolve({ status: 0, text: '' }));
    request.end(body);
  });
}

/** What nobody else is told: where our files lie, what failed in them, what the database says. */
const inner =
  /\n\s+at |node:internal|node_modules|file:\/\/|\.ts:\d|syntax error at|violates|invalid input syntax|site\.[a-z]|TypeError|ZodError|password_hash/;

test.each(['nobody', ...Object.keys(asking)])(
  'what %s asks is answered, without a failure of ours and with nothing that is for others',
  async (who) => {
    const mayRead = asking[who]?.includes('read') ?? false;
    const wrong: object[] = [];
    const part = Object.keys(asking).indexOf(who) + 1;
    const left = requests.filter((_, at) => who === 'all' || at % parts === part).values();
    let answered = 0;
    const work = async (): Promise<void> => {
      for (const request of left) {
        const { status, text } = await ask(request, authorizations.get(who));
        if (status > 0) answered++;
        const isShown = !mayRead && text.includes(patient);
        if (status >= 500 || inner.test(text) || isShown)
          wrong.push({ ...request, body: request.body?.slice(0, 200), status, text: text.slice(0, 300) });
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(wrong).toEqual([]);
    expect(archive.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(answered).toBeGreaterThan(1_000);
    expect((await fetch(`${archive.web}health/ready`)).status).toBe(200);
  },
);
