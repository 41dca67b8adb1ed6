/**
 * What people, modalities and programs do all day, well and badly, in no order. Each act ends as it should or throws.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { uid } from '#dicom/data/uid.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { echo, find, move, store } from '#dicom/dimse/requests.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { tagOf } from '#dicom/data/dictionary.ts';

import { type Association, ctImageStorage, explicitLittleEndian, type Site, type Slice } from './site.ts';

export interface Act {
  readonly name: string;
  /** How many of all of them are this one. */
  readonly share: number;
  do(site: Site): Promise<void>;
}

const boundary = 'between-two-slices';
const dicomParts = { accept: 'multipart/related; type="application/dicom"' };
const jpegLs = { accept: 'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80' };
const multipart = { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}` };

export const everyday: readonly Act[] = [
  act('a study by C-STORE', 6, async (site) => {
    const slices = site.newStudy(1 + Math.floor(site.random() * 5));
    await storeAll(site, slices);
    site.remember(slices);
  }),
  act('a study by C-STORE, twice', 2, async (site) => {
    const slices = site.newStudy(2);
    await storeAll(site, slices);
    await storeAll(site, slices);
    site.remember(slices);
  }),
  act('a study by STOW-RS', 3, async (site) => {
    const slices = site.newStudy(1 + Math.floor(site.random() * 5));
    await ok(site.ask('/dicom-web/studies', { method: 'POST', headers: multipart, body: parts(slices) }));
    site.remember(slices);
  }),
  act('half an instance by C-STORE', 2, async (site) => {
    const [slice] = site.newStudy(1) as [Slice];
    const modality = await site.associate();
    async function* half() {
      yield slice.dataset.subarray(0, slice.dataset.length / 2);
      throw new Error('the modality was switched off');
    }
    const cut = store(modality, { ...instanceOf(slice), dataset: half() });
    await cut.then(
      () => Promise.reject(new Error('half an instance was acknowledged')),
      () => {},
    );
  }),
  act('half an instance by STOW-RS', 2, async (site) => {
    const body = parts(site.newStudy(1)).subarray(0, 200_000);
    const head = [
      'POST /dicom-web/studies HTTP/1.1',
      'Host: lightbox',
      `Authorization: ${site.authorization}`,
      `Content-Type: ${multipart['content-type']}`,
      'Content-Length: 524288',
    ];
    await site.sendAndLeave('HTTP', Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  }),
  act('no DICOM at all by STOW-RS', 1, async (site) => {
    const body = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n${'x'.repeat(5000)}\r\n--${boundary}--\r\n`;
    await answered(409, site.ask('/dicom-web/studies', { method: 'POST', headers: multipart, body }));
  }),
  act('the list', 4, (site) =>
    ok(
      site.ask('/api/studies/search', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: site.pick(['nguyen', 'van an', 'tran', 'zzz']) }),
      }),
    ),
  ),
  act('QIDO-RS', 4, (site) => ok(site.ask('/dicom-web/studies?PatientName=nguyen&limit=20&includefield=all'))),
  act('metadata of a series', 3, (site) =>
    ok(site.ask(`${site.series}/metadata`, { headers: { 'accept-encoding': site.pick(['br', 'gzip', 'identity']) } })),
  ),
  act('frames', 8, (site) => ok(site.ask(`${site.instance}/frames/1`))),
  act('frames, left', 4, (site) => site.askAndLeave(`${site.instance}/frames/1`)),
  act('a frame in JPEG-LS', 1, (site) => ok(site.ask(`${site.instance}/frames/1`, { headers: jpegLs }))),
  act('a picture', 3, (site) => ok(site.ask(`${site.instance}/rendered?viewport=${200 + site.pick([0, 50, 99])},300`))),
  act('pictures, left', 2, (site) => site.askAndLeave(`${site.series}/rendered`)),
  act('a thumbnail', 2, (site) => ok(site.ask(`${site.series}/thumbnail`))),
  act('a whole series', 2, (site) => ok(site.ask(site.series, { headers: dicomParts }))),
  act('a whole series, left', 2, (site) => site.askAndLeave(site.series, dicomParts)),
  act('live events, left', 2, (site) => site.askAndLeave('/api/events')),
  act('a visit', 2, async (site) => {
    const statuses = String(await site.visit());
    if (statuses !== '200,200,200,204') throw new Error(`answered with ${statuses}`);
  }),
  act('somebody without an account', 1, (site) =>
    answered(401, site.ask('/dicom-web/studies', { headers: { authorization: '' } })),
  ),
  act('half a request', 1, (site) => site.sendAndLeave('HTTP', 'GET /dicom-web/studies HTTP/1.1\r\nHost: x\r\n')),
  act('the status page and its figures', 1, async (site) => {
    await ok(site.ask('/api/status'));
    await ok(site.ask('/metrics'));
  }),
  act('C-ECHO', 2, async (site) => {
    const modality = await site.associate();
    expectStatus(0, await echo(modality));
    await modality.release();
  }),
  act('C-FIND', 2, async (site) => {
    const asked = await site.associate();
    for await (const _ of find(asked, studies('NGUYEN*')));
    await asked.release();
  }),
  act('C-FIND, cancelled', 1, async (site) => {
    const asked = await site.associate();
    for await (const _ of find(asked, studies('*'))) break;
    await asked.release();
  }),
  act('C-FIND, left', 2, async (site) => {
    const asked = await site.associate();
    await leaving(
      asked,
      (async () => {
        for await (const _ of find(asked, studies('*')));
      })(),
      site.random() * 20,
    );
  }),
  act('C-MOVE to the archive itself', 1, async (site) => {
    const asked = await site.associate();
    expectStatus(0, (await move(asked, toItself(site))).status);
    await asked.release();
  }),
  act('C-MOVE to the archive itself, left', 2, async (site) => {
    const asked = await site.associate();
    await leaving(asked, move(asked, toItself(site)), site.random() * 20);
  }),
  act('an association that is left', 2, async (site) => {
    const modality = await site.associate();
    await delay(site.random() * 20);
    modality.abort('switched off');
  }),
  act('somebody who calls another archive', 2, async (site) => {
    const called = site.associate(`STRANGER${site.pick([1, 2, 3, 4, 5])}`, 'ANOTHER');
    await called.then(
      () => Promise.reject(new Error('an association for another AE title was accepted')),
      (error: unknown) => {
        if (!(error instanceof AssociationRejected)) throw error;
      },
    );
  }),
  act('no DICOM at all', 2, (site) =>
    site.sendAndLeave('DICOM', Buffer.from(Array.from({ length: 200 }, () => Math.floor(site.random() * 256)))),
  ),
];

function act(name: string, share: number, act: (site: Site) => Promise<void>): Act {
  return { name, share, do: act };
}

async function storeAll(site: Site, slices: readonly Slice[]): Promise<void> {
  const modality = await site.associate();
  for (const slice of slices)
    expectStatus(0, (await store(modality, { ...instanceOf(slice), dataset: [slice.dataset] })).status);
  await modality.release();
}

const instanceOf = ({ sopInstanceUID }: Slice) => ({
  sopClassUID: ctImageStorage,
  sopInstanceUID: uid(sopInstanceUID),
  transferSyntaxUID: explicitLittleEndian,
});

function parts(slices: readonly Slice[]): Buffer {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const all = slices.flatMap(({ file }) => [head, file, Buffer.from('\r\n')]);
  return Buffer.concat([...all, Buffer.from(`--${boundary}--\r\n`)]);
}

const studies = (name: string) => ({
  sopClassUID: studyRoot.find,
  identifier: queryIdentifier(
    'STUDY',
    new Map([
      [tagOf('PatientName'), name],
      [tagOf('StudyInstanceUID'), ''],
    ]),
  ),
});

const toItself = ({ study }: Site) => ({
  sopClassUID: studyRoot.move,
  identifier: queryIdentifier('STUDY', new Map([[tagOf('StudyInstanceUID'), study.studyInstanceUID]])),
  destination: 'LIGHTBOX',
});

/** Hangs up after a while, whatever has come by then. */
async function leaving(asked: Association, answer: Promise<unknown>, afterMs: number): Promise<void> {
  const answered = answer.catch(() => {}); // it may be lost
  await delay(afterMs);
  asked.abort('switched off');
  await answered;
}

const ok = (asked: Promise<number>): Promise<void> => answered(200, asked);

async function answered(expected: number, asked: Promise<number>): Promise<void> {
  const status = await asked;
  if (status !== expected) throw new Error(`answered with ${status}`);
}

function expectStatus(expected: number, status: number | undefined): void {
  if (status !== expected) throw new Error(`answered with status ${status?.toString(16)}`);
}
