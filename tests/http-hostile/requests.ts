/** Requests that no program of ours sends: to every address, in every method, with what need not fit in each place where something can stand. */
import type { OutgoingHttpHeaders } from 'node:http';

/** As OpenAPI says: an address with its methods and what each takes. */
export interface Address {
  readonly path: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

export interface Operation {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
}

/** What is there, so that not all of them end at its absence. */
export interface Known {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

export function* hostileRequests(addresses: readonly Address[], known: Known): Generator<HostileRequest> {
  let at = 0;
  /** Not every address with every other thing: some of each with each. */
  const next = <T>(of: readonly T[]): T => of[at++ % of.length] as T;
  const queries = queriesOf(known);
  for (const { path, operations } of addresses) {
    const there = filled(path, known);
    for (const method of methods) {
      yield { method, path: there, headers: next(headers) };
      if (method !== 'GET') yield { method, path: there, headers: { 'content-type': next(types) }, body: next(texts) };
    }
    for (const value of values) {
      const method = next(['GET', 'DELETE', 'PUT', 'POST', 'HEAD']);
      yield { method, path: `${filled(path, known, value)}?${next(queries)}`, headers: next(headers) };
    }
    for (const query of queries) yield { method: 'GET', path: `${there}?${query}`, headers: next(headers) };
    for (const type of types)
      for (const method of ['POST', 'PUT'])
        yield { method, path: there, headers: { 'content-type': type }, body: next(texts) };
    for (const [method, operation] of Object.entries(operations))
      for (const body of bodiesOf(operation, known)) {
        const to = filled(path, known, next([undefined, '1', '2']));
        const type = { 'content-type': 'application/json' };
        yield { method: method.toUpperCase(), path: to, headers: type, body: JSON.stringify(body) };
      }
  }
}

/** @param value  of each of its variables, in place of what is there */
function filled(path: string, { study, series, instance }: Known, value?: string): string {
  const there: Record<string, string> = {
    StudyInstanceUID: study,
    study,
    SeriesInstanceUID: series,
    SOPInstanceUID: instance,
  };
  return path.replaceAll(
    /\{(\w+)\}|[:*](\w+)/g,
    (_, name?: string, other?: string) => value ?? there[name ?? other ?? ''] ?? '1',
  );
}

/** What fits, and then each member of it, and of its own members, with all that does not. */
function* bodiesOf({ requestBody }: Operation, known: Known): Generator<unknown> {
  const schema = requestBody?.content['application/json'].schema;
  if (!schema) return;
  const whole = sampleOf(schema, known) as object;
  yield whole;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    for (const member of members) yield { ...whole, [name]: member };
    const own = sampleOf(inner, known);
    const isList = Array.isArray(own);
    const item: unknown = isList ? own[0] : own;
    if (typeof item !== 'object' || item === null) continue;
    for (const key of Object.keys(item))
      for (const member of members) {
        const changed = { ...item, [key]: member };
        yield { ...whole, [name]: isList ? [changed] : changed };
      }
  }
}

/** Where a schema says less than is looked at. */
const fitting: Readonly<Record<string, unknown>> = {
  ScheduledProcedureStepStartDate: '20261128',
  host: '127.0.0.1',
  newPassword: 'mat khau moi',
  until: '09:00',
};

/** What fits, with no more in it than has to be. */
function sampleOf(schema: Schema, known: Known): unknown {
  const { anyOf, oneOf, properties = {}, required = [], items, pattern } = schema;
  const [one] = anyOf ?? oneOf ?? [];
  if (one) return sampleOf(one, known);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'object')
    return Object.fromEntries(required.map((name) => [name, fitting[name] ?? sampleOf(properties[name] ?? {}, known)]));
  if (schema.type === 'array') return items ? [sampleOf(items, known)] : [];
  if (schema.type === 'boolean') return false;
  if (schema.type !== 'string') return Math.max(1, schema.minimum ?? 1);
  return (
    [known.study, 'CT', '20261128', '0930', '08:00'].find((text) => new RegExp(pattern ?? '', 'u').test(text)) ?? 'a'
  );
}

/** In place of a variable of an address. */
const values = [
  '1',
  '0',
  '-1',
  '1.5',
  '99999999999999999999999',
  'NaN',
  '%00',
  '%ED%A0%80',
  '%C3%28',
  '%',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  "'%3B%20DROP%20TABLE%20site.account--",
  '%F0%9F%A9%BB',
  '__proto__',
  'constructor',
  'x'.repeat(9_000),
];

const headers: OutgoingHttpHeaders[] = [
  {},
  { accept: '*/*;q=x, , ;;;, a/b/c, */*' },
  { accept: 'multipart/related; type="application/dicom+xml"' },
  { accept: `multipart/related; type="image/jpeg"; transfer-syntax=${'9.'.repeat(200)}` },
  { accept: 'application/dicom+json', 'accept-charset': 'utf-16', 'accept-encoding': 'gzip;q=x, br, *;q=0' },
  { range: 'bytes=-99999999999999999999', 'if-range': '"x"', 'if-none-match': '*' },
  { range: `bytes=${'0-0,'.repeat(1_000)}`, 'if-none-match': 'W/"' },
  { cookie: 'lightbox=%00; lightbox=x; __Host-lightbox=%', origin: 'null', 'last-event-id': '\u00ff' },
  { 'x-forwarded-for': "127.0.0.1, ::1, '", forwarded: 'for=%00', 'x-http-method-override': 'DELETE' },
];
const types = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/related; type="application/dicom"; boundary=b',
  'multipart/related; type="application/dicom"; boundary=',
  'multipart/related; type="application/dicom+json"; boundary=b',
  'multipart/form-data; boundary=b',
  'application/dicom',
  'application/zip',
  '\u00e9/\u00e9',
];
/** Bodies. */
const texts = [
  '',
  'null',
  '[]',
  '1e999',
  '"\\u0000"',
  '"\\ud800"',
  '{"a":',
  '{"__proto__":{"rights":["manage"]},"constructor":1}',
  '['.repeat(60_000),
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  '--b\r\n\r\n--b--',
  '--b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--',
  `--b\r\n${'X: y\r\n'.repeat(5_000)}\r\n--b--`,
  'x'.repeat(200_000),
];
/** In place of each member of a body in its turn. */
const members: unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '',
  'x',
  '1',
  '\0',
  '\ud800',
  '\u202e\u200b',
  'x'.repeat(70_000),
  '99999999',
  '2026-13-45T99:99:99Z',
  [],
  [null],
  ['read', 'read'],
  Array(5_000).fill('1.2'),
  {},
  { length: 1 },
  [{ vr: 'PN', Value: [{ Alphabetic: '\0' }] }],
];

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

/** Of an address. */
function queriesOf({ study, series, instance }: Known): string[] {
  return [
    '',
    'limit=1&limit=2&offset=1&offset=x',
    'limit=99999999999999999999&offset=99999999999999999999',
    'limit=-1',
    'limit=0x10&limit[]=1&limit[a]=1',
    'offset=1e9',
    'includefield=all&includefield=%00&includefield=99999999&includefield=ffffffff.ffffffff',
    'PatientName=%00',
    'PatientName=%ED%A0%80',
    'PatientName=%ud800&PatientName=*&PatientName=%5C%5C%5C',
    'PatientName=' + '*'.repeat(2_000),
    'PatientName=' + '?*'.repeat(500),
    'StudyDate=00000000-99999999',
    'StudyDate=20260231&StudyTime=990000-',
    'StudyInstanceUID=' + `${study},`.repeat(500),
    '0020000D=1&00081190=2&12345678=3&7FE00010=4&00400275.00400009=%00',
    'fuzzymatching=true&fuzzymatching=maybe&emptyvaluematching=1',
    '__proto__=1&constructor=1&toString=1&hasOwnProperty=1',
    'accept=%00&accept=a/b&accept=image/jpeg%3Bq%3D9&charset=%00',
    'viewport=0,0&viewport=99999999,99999999&window=NaN,1,linear&quality=1000',
    'viewport=1e9,1e9,-1,-1,0,0&window=1,0,x&annotation=%00',
    `requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}&rows=-1&columns=1e9&region=a,b,c,d&frameNumber=0&contentType=%00`,
    `requestType=WADO&requestType=WADO&studyUID=%00&seriesUID=${'1'.repeat(70)}&objectUID=..`,
    'a=1&'.repeat(150),
    '%',
    '&&&===',
  ];
}
