/** Orthanc and Lightbox side by side in one hospital: each stores, asks and fetches from the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import { runCommand } from '#commands/test-command-line.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasOrthanc, startOrthanc, type OrthancServer } from './orthanc-server.ts';
import { giveCluster } from './cluster-template.ts';
import { startLightbox, type RunningLightbox } from './running-lightbox.ts';

const password = 'a password for tests';
const headers = {
  authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
  'content-type': 'application/json',
};

describe.skipIf(!hasOrthanc)('beside Orthanc', () => {
  let directory: string;
  let orthanc: OrthancServer;
  let lightbox: RunningLightbox;
  const slices = [...ctSeries({ seed: 'orthanc', number: 1, slices: 3 })];
  const { StudyInstanceUID, PatientName } = slices[0]!.attributes;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-beside-orthanc-'));
    orthanc = await startOrthanc();
    const DEVICES = `${orthanc.aeTitle}@127.0.0.1:${orthanc.dicomPort}`;
    await giveCluster(directory);
    lightbox = await startLightbox({ dataDir: directory, settings: { ADMIN_PASSWORD: password, DEVICES } });
    await orthanc.knows(Number(lightbox.dicom.split(':')[1]));
    for (const { attributes } of slices) await orthanc.call('/instances', dicomFile(attributes));
  });
  afterAll(async () => {
    await lightbox?.[Symbol.asyncDispose]();
    await orthanc?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function ours<T>(path: string, body?: object): Promise<T> {
    const request = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    return (await (await fetch(new URL(path, lightbox.address), request)).json()) as T;
  }
  const everythingAt = async () => (await orthanc.call<string[]>('/instances')).length;
  const forget = async () => {
    await orthanc.call('/tools/bulk-delete', { Resources: await orthanc.call<string[]>('/studies') });
  };

  test('it stores with us', async () => {
    const [study] = await orthanc.call<string[]>('/studies');
    await orthanc.call('/modalities/lightbox/store', { Resources: [study], Synchronous: true });
    const found = await ours<object[]>(`/dicom-web/instances?StudyInstanceUID=${String(StudyInstanceUID)}`);
    expect(found).toHaveLength(3);
  });

  test('it has us commit to what it stored, and hears that we do', async () => {
    const instances = slices.map(({ attributes }) => [
      String(attributes.SOPClassUID),
      String(attributes.SOPInstanceUID),
    ]);
    const { Path } = await orthanc.call<{ Path: string }>('/modalities/lightbox/storage-commitment', {
      DicomInstances: instances,
    });
    await vi.waitFor(async () => expect(await orthanc.call(Path)).toMatchObject({ Status: 'Success', Failures: [] }), {
      timeout: 60_000,
      interval: 200,
    });
    const unknown = [[instances[0]![0], '1.2.3.4.5']];
    const { Path: other } = await orthanc.call<{ Path: string }>('/modalities/lightbox/storage-commitment', {
      DicomInstances: unknown,
    });
    await vi.waitFor(async () => expect(await orthanc.call(other)).toMatchObject({ Status: 'Failure' }), {
      timeout: 60_000,
      interval: 200,
    });
  });

  test('it finds with us without accents, and fetches by C-MOVE what it has not', async () => {
    await forget();
    expect(await everythingAt()).toBe(0);
    const { ID } = await orthanc.call<{ ID: string }>('/modalities/lightbox/query', {
      Level: 'Study',
      Query: { PatientName: nameWords(foldPersonName(String(PatientName))).trim(), StudyInstanceUID: '' },
    });
    const [answer] = await orthanc.call<string[]>(`/queries/${ID}/answers`);
    const content = await orthanc.call<Record<string, { Value: string }>>(`/queries/${ID}/answers/${answer}/content`);
    expect(content['0020,000d']?.Value).toBe(String(StudyInstanceUID));
    await orthanc.call(`/queries/${ID}/answers/${answer}/retrieve`, { TargetAet: orthanc.aeTitle, Synchronous: true });
    await vi.waitFor(async () => expect(await everythingAt()).toBe(3), { timeout: 60_000, interval: 200 });
  });

  test('it reads our worklist', async () => {
    await ours('/api/worklist', {
      PatientName: 'Lê^Thị Hồng',
      PatientID: 'W1',
      Modality: 'CT',
      ScheduledStationAETitle: [orthanc.aeTitle],
      ScheduledProcedureStepStartDate: '20261128',
    });
    const found = await orthanc.call<Record<string, unknown>[]>('/modalities/lightbox/find-worklist', {
      PatientID: 'W1',
      PatientName: '',
      ScheduledProcedureStepSequence: [{ Modality: 'CT', ScheduledStationAETitle: orthanc.aeTitle }],
    });
    expect(found).toMatchObject([{ PatientID: 'W1', PatientName: 'Lê^Thị Hồng' }]);
  });

  test('we find with it, have it move to us, and pull over all that it has', async () => {
    const peer = `${orthanc.aeTitle}@127.0.0.1:${orthanc.dicomPort}`;
    const command = (...args: string[]) => runCommand({ DATA_DIR: directory }, ...args);
    const [one, another] = [2, 3].map((number) => [...ctSeries({ seed: 'orthanc', number, slices: 2 })]) as [
      typeof slices,
      typeof slices,
    ];
    for (const { attributes } of [...one, ...another]) await orthanc.call('/instances', dicomFile(attributes));
    const study = String(one[0]!.attributes.StudyInstanceUID);
    const found = await command('find', peer, '--json', `StudyInstanceUID=${study}`, 'PatientName=');
    expect([found.status, found.err]).toEqual([0, '1 match\n']);
    expect(found.out).toContain(String(one[0]!.attributes.PatientName));

    const here = async (uid: string): Promise<number> => {
      const address = new URL(`/dicom-web/instances?StudyInstanceUID=${uid}`, lightbox.address);
      const answer = await fetch(address, { headers });
      return answer.status === 204 ? 0 : ((await answer.json()) as object[]).length;
    };
    expect(await here(study)).toBe(0);
    const moved = await command('move', peer, '--to', 'LIGHTBOX', `StudyInstanceUID=${study}`);
    expect([moved.status, await here(study)], moved.err).toEqual([0, 2]);

    const pulled = await command('pull', peer, '--from', '202001');
    expect(pulled.status, pulled.err).toBe(0);
    expect(pulled.out).toContain('  0 studies not whole');
    expect(await here(String(another[0]!.attributes.StudyInstanceUID))).toBe(2);
  });
});
