/** Rejection notes through both doors, sent and looked for by DCMTK. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { wrongCounts } from '#index/verify.ts';
import { secondaryCapture, smallInstance, type SmallInstance } from '#tests/dataset-bytes.ts';
import { isInstalled } from '#tests/installed.ts';
import { keyObjectSelection, rejectionNote, type TestNote } from '#tests/rejection-note.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('storescu');

let archive: WholeArchive;
let directory: string;
beforeAll(async () => {
  archive = await startWholeArchive();
  directory = await mkdtemp(join(tmpdir(), 'lightbox-rejection-'));
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() =>
  archive.postgres.database.pool.query(
    `TRUNCATE index.patient, index.study, index.series, index.instance, index.owed, index.rejection, index.rejected,
       site.restored_rejection CASCADE`,
  ),
);

const explicitLE = '1.2.840.10008.1.2.1';
const asFile = (dataset: Buffer, SOPClassUID: string, SOPInstanceUID: string) =>
  Buffer.concat([
    fileHead({
      MediaStorageSOPClassUID: SOPClassUID,
      MediaStorageSOPInstanceUID: SOPInstanceUID,
      TransferSyntaxUID: explicitLE,
    }),
    dataset,
  ]);
const noteFile = (note: TestNote) => asFile(rejectionNote(note), keyObjectSelection, note.instance);
const imageFile = (of: SmallInstance & { instance: string }) =>
  asFile(smallInstance(of), secondaryCapture, of.instance);

let files = 0;
async function storescu(...contents: Buffer[]): Promise<void> {
  const paths = await Promise.all(
    contents.map(async (bytes) => {
      const path = join(directory, `${++files}.dcm`);
      await writeFile(path, bytes);
      return path;
    }),
  );
  await run('storescu', ['-R', '-xe', '-aec', 'LIGHTBOX', '127.0.0.1', String(archive.dimsePort), ...paths]);
}

async function get(path: string, accept = 'application/dicom+json'): Promise<{ status: number; body: string }> {
  const { authorization, dicomweb } = archive;
  const answer = await fetch(`${dicomweb}/${path}`, { headers: { authorization, accept } });
  return { status: answer.status, body: await answer.text() };
}
type Json = Record<string, { Value?: unknown[] }>;
const found = async (path: string) => {
  const { status, body } = await get(path);
  return status === 204 || body === '' ? [] : (JSON.parse(body) as Json[]);
};
/** Of each instance that QIDO-RS finds, its UID. */
const instances = async () => (await found('instances')).map((one) => one['00080018']!.Value![0]).sort();

async function api<T>(method: string, path: string, authorization = archive.authorization) {
  const answer = await fetch(new URL(path, archive.dicomweb), { method, headers: { authorization } });
  return { status: answer.status, body: (await answer.json()) as T };
}
interface Listed {
  rejections: { id: string; code: string; restoredBy: string | null; studies: Record<string, unknown>[] }[];
}

/** Two series of the study 1.2.3: 1.2.3.4 with three instances, 1.2.3.5 with one. */
const four = ['1.2.3.4.1', '1.2.3.4.2', '1.2.3.4.3', '1.2.3.5.1'].map((instance) => ({
  instance,
  series: instance.slice(0, 7),
  modality: instance.startsWith('1.2.3.4') ? 'CT' : 'OT',
}));
const named = (...which: string[]) => ({ '1.2.3': which.map((each) => [each.slice(0, 7), each] as const) });
const consistent = async () => expect(await wrongCounts(archive.postgres.database)).toEqual([]);

describe.skipIf(withoutDcmtk)('a rejection note that comes by C-STORE', () => {
  beforeEach(() => storescu(...four.map(imageFile)));

  test('is a Key Object Selection to DCMTK, too', async () => {
    const path = join(directory, 'note.dcm');
    await writeFile(path, noteFile({ instance: '1.2.3.900.1', rejects: named('1.2.3.4.1') }));
    const { stdout } = await run('dsrdump', [path]);
    expect(stdout).toContain('Key Object Selection Document');
    expect(stdout).toContain('<contains IMAGE:');
  });

  test('hides what it names, and itself, from every door; the counts follow; the API lists and restores', async () => {
    await storescu(noteFile({ instance: '1.2.3.900.1', rejects: named('1.2.3.4.1', '1.2.3.5.1') }));

    expect(await instances()).toEqual(['1.2.3.4.2', '1.2.3.4.3']);
    const [study] = await found('studies?includefield=all');
    expect([study!['00201206']!.Value, study!['00201208']!.Value, study!['00080061']!.Value]).toEqual([
      [1],
      [2],
      ['CT'],
    ]);
    expect((await found('series')).map((one) => one['0020000E']!.Value![0])).toEqual(['1.2.3.4']);
    await consistent();
    const one = 'studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.1';
    for (const [path, accept] of [
      [one, 'application/dicom; transfer-syntax=*'],
      [`${one}/metadata`, 'application/dicom+json'],
      [`${one}/frames/1`, 'multipart/related; type="application/octet-stream"'],
      [`${one}/rendered`, 'image/png'],
      ['studies/1.2.3/series/1.2.3.5/metadata', 'application/dicom+json'],
      [`../wado?requestType=WADO&studyUID=1.2.3&seriesUID=1.2.3.4&objectUID=1.2.3.4.1`, '*/*'],
    ])
      expect([path, (await get(path!, accept)).status]).toEqual([path, 404]);
    expect(await found('studies/1.2.3/series/1.2.3.4/metadata')).toHaveLength(2);

    const port = String(archive.dimsePort);
    const keys = ['-k', 'QueryRetrieveLevel=IMAGE', '-k', 'StudyInstanceUID=1.2.3', '-k', 'SOPInstanceUID'];
    const find = await run('findscu', ['-v', '-S', '-aec', 'LIGHTBOX', ...keys, '127.0.0.1', port]);
    expect([...`${find.stdout}${find.stderr}`.matchAll(/SOPInstanceUID/g)].length).toBeGreaterThan(0);
    expect(`${find.stdout}${find.stderr}`).not.toMatch(/\[1\.2\.3\.(4\.1|5\.1|900\.1)/);
    const out = join(directory, `got${++files}`);
    await mkdir(out);
    const study1 = ['-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID=1.2.3'];
    await run('getscu', ['-S', '-aec', 'LIGHTBOX', '-od', out, ...study1, '127.0.0.1', port]);
    expect((await readdir(out)).map((name) => name.replace(/^SC\./, '')).sort()).toEqual(['1.2.3.4.2', '1.2.3.4.3']);

    const { body } = await api<Listed>('GET', '/api/rejections');
    expect(body.rejections).toMatchObject([
      {
        id: '1.2.3.900.1',
        code: '113001',
        door: 'C-STORE',
        restoredBy: null,
        studies: [
          { StudyInstanceUID: '1.2.3', PatientID: 'P1', named: 2, hidden: 2, hiddenByThis: 2, isOtherPatient: false },
        ],
      },
    ]);
    const restored = await api<Listed['rejections'][0]>('POST', '/api/rejections/1.2.3.900.1/restore');
    expect([restored.status, restored.body.restoredBy]).toEqual([200, 'account admin']);
    expect(restored.body.studies).toMatchObject([{ named: 2, hidden: 0, hiddenByThis: 0 }]);
    expect(await instances()).toEqual(four.map(({ instance }) => instance));
    const [again] = await found('studies?includefield=all');
    expect([again!['00201208']!.Value, again!['00080061']!.Value]).toEqual([[4], ['CT', 'OT']]);
    await consistent();
    const acts = archive.lines.filter(({ action }) => action === 'reject' || action === 'restore').slice(-2);
    expect(acts).toMatchObject([
      { action: 'reject', door: 'C-STORE', StudyInstanceUID: '1.2.3', reason: '113001', count: 2 },
      { action: 'restore', caller: 'account admin', SOPInstanceUID: '1.2.3.900.1', count: 2 },
    ]);
    expect((await api('POST', '/api/rejections/1.2.3.900.2/restore')).status).toBe(404);
  });

  test('lets a study vanish of which nothing is left, from the study list too', async () => {
    await storescu(
      noteFile({ code: '113037', instance: '1.2.3.900.1', rejects: named(...four.map((f) => f.instance)) }),
    );
    expect(await found('studies')).toEqual([]);
    expect(await found('series')).toEqual([]);
    expect((await get('studies/1.2.3/metadata')).status).toBe(404);
    const answer = await fetch(new URL('/api/studies/search', archive.dicomweb), {
      method: 'POST',
      headers: { authorization: archive.authorization, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await answer.json()).toMatchObject({ studies: [], total: 0 });
    await consistent();
    await api('POST', '/api/rejections/1.2.3.900.1/restore');
    expect(await instances()).toHaveLength(4);
  });

  test('rejects what comes only after it, in a study that was not here yet, too', async () => {
    const other = { study: '1.5', series: '1.5.1', instance: '1.5.1.1' };
    await storescu(
      noteFile({
        code: '113038',
        instance: '1.2.3.900.1',
        rejects: { ...named('1.2.3.4.9'), '1.5': [['1.5.1', '1.5.1.1']] },
      }),
    );
    await storescu(imageFile({ series: '1.2.3.4', instance: '1.2.3.4.9' }), imageFile(other));
    expect(await instances()).toEqual(four.map(({ instance }) => instance));
    await storescu(imageFile({ ...other, instance: '1.5.1.2' }));
    expect(await instances()).toContain('1.5.1.2');
    await consistent();
    await api('POST', '/api/rejections/1.2.3.900.1/restore');
    expect(await instances()).toHaveLength(7);
    await consistent();
  });

  test('sent again after a rejection, an instance stays hidden for safety and is wanted anew after expired retention', async () => {
    const hidden = four[0]!;
    await storescu(noteFile({ code: '113037', instance: '1.2.3.900.1', rejects: named(hidden.instance) }));
    await storescu(imageFile(hidden), imageFile({ ...hidden, pixels: Buffer.alloc(256, 1) }));
    expect(await instances()).not.toContain(hidden.instance);
    await consistent();

    const expired = four[1]!;
    await storescu(noteFile({ code: '113039', instance: '1.2.3.900.2', rejects: named(expired.instance) }));
    expect(await instances()).not.toContain(expired.instance);
    await storescu(imageFile(expired));
    expect(await instances()).toContain(expired.instance);
    const bytes = await get(
      `studies/1.2.3/series/1.2.3.4/instances/${expired.instance}`,
      'application/dicom; transfer-syntax=*',
    );
    expect(bytes.status).toBe(200);
    await consistent();
    // Nobody has to decide between the two.
    const { rows } = await archive.postgres.database.pool.query<{ version: number; state: number }>(
      'SELECT version, state FROM index.instance WHERE sop_instance_uid = $1 ORDER BY version',
      [expired.instance],
    );
    expect(rows).toEqual([
      { version: 1, state: 1 },
      { version: 2, state: 0 },
    ]);
    const { body } = await api<Listed>('GET', '/api/rejections');
    expect(body.rejections.map(({ studies }) => studies[0]!['hiddenByThis'])).toEqual([0, 1]);
    await api('POST', '/api/rejections/1.2.3.900.2/restore');
    expect(await instances()).toContain(expired.instance);
    await consistent();
  });

  test('leaves alone what is another patient, another study or hidden by another note', async () => {
    await storescu(imageFile({ study: '1.6', series: '1.6.1', instance: '1.6.1.1', patientID: 'P2' }));
    const all = await instances();
    await storescu(
      noteFile({
        instance: '1.2.3.900.1',
        rejects: { '1.6': [['1.6.1', '1.6.1.1']], '1.5': [['1.5.1', '1.2.3.4.1']] },
      }),
    );
    expect(await instances()).toEqual(all);
    const { body } = await api<Listed>('GET', '/api/rejections');
    expect(body.rejections[0]!.studies).toMatchObject([
      { StudyInstanceUID: '1.5', PatientID: null, hidden: 0, hiddenByThis: 0, isOtherPatient: false },
      { StudyInstanceUID: '1.6', PatientID: 'P2', hidden: 0, hiddenByThis: 0, isOtherPatient: true },
    ]);
    await storescu(
      noteFile({ instance: '1.2.3.900.2', rejects: named('1.2.3.4.1', '1.2.3.4.2') }),
      noteFile({ code: '113037', instance: '1.2.3.900.3', rejects: named('1.2.3.4.2', '1.2.3.4.3') }),
    );
    await api('POST', '/api/rejections/1.2.3.900.2/restore');
    expect(await instances()).toEqual(['1.2.3.4.1', '1.2.3.5.1', '1.6.1.1']);
    // One is still hidden that the note which was taken back had named too: by the other one.
    const now = await api<Listed>('GET', '/api/rejections');
    expect(now.body.rejections.slice(0, 2).map(({ studies }) => studies[0])).toMatchObject([
      { hidden: 2, hiddenByThis: 2 },
      { hidden: 1, hiddenByThis: 0 },
    ]);
    await consistent();
  });

  test.each([
    ['that names no issuer', undefined, 'BVX', []],
    ['that names one, of a study that does not', 'BVX', undefined, []],
    ['of another issuer', 'BVY', 'BVX', ['1.7.1.1']],
  ])('%s, with the Patient ID of the study', async (_, ofNote, ofStudy, left) => {
    const issuer = (of: string | undefined) => of !== undefined && { issuer: of };
    const [study, series, instance] = ['1.7', '1.7.1', '1.7.1.1'];
    await storescu(imageFile({ study, series, instance, patientID: 'P7', ...issuer(ofStudy) }));
    const rejects = { [study]: [[series, instance] as const] };
    await storescu(noteFile({ instance: '1.7.900.1', study, patientID: 'P7', ...issuer(ofNote), rejects }));
    expect((await instances()).filter((uid) => uid === instance)).toEqual(left);
    const { body } = await api<Listed>('GET', '/api/rejections');
    expect(body.rejections[0]!.studies).toMatchObject([
      { hiddenByThis: 1 - left.length, isOtherPatient: left.length > 0 },
    ]);
    await consistent();
  });

  test('is listed for administrators only, and a caller with certain studies rejects in those only', async () => {
    const { database } = archive.postgres;
    const reader = `Bearer ${await createToken({ database: database.pool, name: 'reader', rights: ['read', 'store'] })}`;
    expect((await api('GET', '/api/rejections', reader)).status).toBe(403);
    await database.pool.query(`UPDATE site.token SET studies = '{1.7,1.2.3}' WHERE name = 'reader'`);
    const scoped = `Bearer ${await createToken({ database: database.pool, name: 'scoped', rights: ['store', 'manage'] })}`;
    await database.pool.query(`UPDATE site.token SET studies = '{1.7}' WHERE name = 'scoped'`);
    expect((await api('GET', '/api/rejections', scoped)).status).toBe(403);
    const answer = await fetch(`${archive.dicomweb}/studies`, {
      method: 'POST',
      headers: { authorization: scoped, 'content-type': 'application/dicom' },
      body: new Uint8Array(noteFile({ instance: '1.7.900.1', study: '1.7', rejects: named('1.2.3.4.1') })),
    });
    expect(answer.status).toBe(403);
    expect(await instances()).toHaveLength(4);
    const allowed = await fetch(`${archive.dicomweb}/studies`, {
      method: 'POST',
      headers: { authorization: archive.authorization, 'content-type': 'application/dicom' },
      body: new Uint8Array(noteFile({ instance: '1.2.3.900.1', rejects: named('1.2.3.4.1') })),
    });
    expect(allowed.status).toBe(200);
    expect(await instances()).toHaveLength(3);
  });
});
