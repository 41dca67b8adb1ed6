/**
 * Holds an archive to its ledger, from outside: what was acknowledged is found by QIDO-RS and comes back bit-identical by
 * WADO-RS; what is listed can be retrieved whole and was really sent; the counts are those of the list. Versions that
 * no address gives out are looked up where they lie.
 */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Database } from '#index/database.ts';
import type { Storage } from '#storage/storage.ts';
import { digestOf, type Ledger, type SentVersion } from './ledger.ts';
import { authorization } from './store-client.ts';

export interface Verifiable {
  readonly address: string;
  readonly database: Database;
  /** Root of the objects on a disk, or the store that has them. */
  readonly objects: string | Pick<Storage, 'readStream'>;
}

export interface Verified {
  /** Acknowledged data sets that were found as they were sent. */
  readonly intact: number;
  /** One sentence for each broken promise. */
  readonly faults: readonly string[];
}

type Json = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>>;

export async function verify(archive: Verifiable, ledger: Ledger, studies: Iterable<string>): Promise<Verified> {
  const faults: string[] = [];
  let intact = 0;
  for (const study of studies) {
    const sent = ledger.studies.get(study);
    if (sent) intact += await verifyStudy(archive, study, sent, faults);
  }
  return { intact, faults };
}

type Sent = ReadonlyMap<string, ReadonlyMap<string, SentVersion>>;

async function verifyStudy(archive: Verifiable, study: string, sent: Sent, faults: string[]): Promise<number> {
  const at = `studies/${study}`;
  const [found, series, instances, retrieved] = await Promise.all([
    query(archive, `studies?StudyInstanceUID=${study}`),
    query(archive, `${at}/series`),
    query(archive, `${at}/instances`),
    retrieveDigests(archive, at),
  ]);
  const listed = new Map(instances.map((each) => [text(each, '00080018'), text(each, '0020000E')]));
  if (listed.size !== instances.length) faults.push(`${study}: an instance is listed twice`);
  expectCount(`${study}: number of instances`, found[0], '00201208', listed.size, faults);
  expectCount(`${study}: number of series`, found[0], '00201206', new Set(listed.values()).size, faults);
  for (const each of series) {
    const uid = text(each, '0020000E');
    const own = [...listed.values()].filter((of) => of === uid).length;
    expectCount(`series ${uid}: number of instances`, each, '00201209', own, faults);
  }
  if (series.length !== new Set(listed.values()).size) faults.push(`${study}: a series is listed without instances`);

  const given = new Set(retrieved);
  if (given.size !== retrieved.length || retrieved.length !== listed.size)
    faults.push(`${study}: ${listed.size} instances are listed, ${retrieved.length} come back`);
  let intact = 0;
  for (const [instance, versions] of sent) {
    const current = [...versions.keys()].filter((digest) => given.delete(digest));
    const isListed = listed.get(instance);
    if (current.length > 1) faults.push(`${instance}: comes back in ${current.length} versions`);
    if ((current.length === 1) !== (isListed !== undefined))
      faults.push(`${instance}: listed ${isListed !== undefined}, whole ${current.length === 1}`);
    if (isListed !== undefined && [...versions.values()].every(({ item }) => item.series !== isListed))
      faults.push(`${instance}: listed in a series that it was not sent to`);
    for (const [digest, { acknowledged }] of versions) {
      if (!acknowledged) continue;
      if (digest === current[0] || (current.length === 1 && (await liesBeside(archive, instance, digest)))) intact++;
      else faults.push(`${instance}: acknowledged with digest ${digest.slice(0, 16)}, and LOST`);
    }
  }
  for (const digest of given) faults.push(`${study}: comes back with digest ${digest.slice(0, 16)}, which nobody sent`);
  return intact;
}

/** A version that is kept beside the current one. */
async function liesBeside({ database, objects }: Verifiable, instance: string, digest: string): Promise<boolean> {
  const { rows } = await database.pool.query<{ key: string; offset: number; length: number }>(
    `SELECT key, "offset", length FROM index.instance WHERE sop_instance_uid = $1 AND digest = decode($2, 'hex')`,
    [instance, digest],
  );
  const [row] = rows;
  if (!row) return false;
  const hash = createHash('sha256');
  const { key, offset, length } = row;
  const bytes: AsyncIterable<Uint8Array> =
    typeof objects === 'string'
      ? createReadStream(join(objects, key), { start: offset, end: offset + length - 1 })
      : objects.readStream(key, { offset, length });
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex') === digest;
}

async function query({ address }: Verifiable, path: string): Promise<Json[]> {
  const response = await fetch(`${address}dicom-web/${path}`, {
    headers: { authorization, accept: 'application/dicom+json' },
  });
  if (response.status === 204) return [];
  if (!response.ok) throw new Error(`QIDO-RS ${path}: ${response.status}`);
  return (await response.json()) as Json[];
}

/** SHA-256 of the data set of each instance of a study. */
async function retrieveDigests({ address }: Verifiable, path: string): Promise<string[]> {
  const response = await fetch(`${address}dicom-web/${path}`, {
    headers: { authorization, accept: 'multipart/related; type="application/dicom"' },
  });
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`WADO-RS ${path}: ${response.status}`);
  const boundary = /boundary="?([^";]+)/.exec(response.headers.get('content-type') ?? '')?.[1] ?? '';
  const digests: string[] = [];
  for (const part of partsOf(Buffer.from(await response.arrayBuffer()), `--${boundary}`)) {
    const file = part.subarray(part.indexOf('\r\n\r\n') + 4);
    // Preamble, prefix, and (0002,0000), whose value says how long the rest of the meta information is (PS3.10 7.1).
    const dataset = file.subarray(144 + file.readUInt32LE(140));
    digests.push(digestOf(dataset));
  }
  return digests;
}

function* partsOf(body: Buffer, delimiter: string): Generator<Buffer> {
  for (let from = body.indexOf(delimiter); from >= 0;) {
    const to = body.indexOf(`\r\n${delimiter}`, from);
    if (to < 0) return;
    yield body.subarray(from, to);
    from = to + 2;
  }
}

function text(json: Json | undefined, tag: string): string {
  return String(json?.[tag]?.Value?.[0] ?? '');
}

function expectCount(what: string, json: Json | undefined, tag: string, expected: number, faults: string[]): void {
  const said = Number(text(json, tag));
  if (said !== expected) faults.push(`${what} is said to be ${said}, ${expected} are listed`);
}
