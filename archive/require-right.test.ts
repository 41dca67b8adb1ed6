import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { createToken } from '#access/tokens.ts';
import { limits } from '#settings/limits.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { retrieveByKeys } from './retrieve.ts';
import { startRetrievalArchive, type RetrievalArchive } from './scp/test-retrieval.ts';

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive();
  await archive.stow(smallInstance({ study: '1.2', series: '1.2.1', instance: '1.2.1.1' }));
});
afterAll(() => archive[Symbol.asyncDispose]());

/** @returns the status, and the access records of the request */
async function asked(path: string, token: string, method = 'GET') {
  const from = archive.lines.length;
  const { status, body } = await fetch(archive.web + path, { method, headers: { authorization: `Bearer ${token}` } });
  await body?.cancel();
  return { status, records: archive.lines.slice(from).filter(({ msg }) => msg === 'access') };
}

const token = async (name: string, rights: readonly ('read' | 'store')[]) =>
  (await createToken({ database: archive.postgres.database.pool, name, rights }))!;

test('who may not is refused, and the record says what was missing, at which door', async () => {
  const sender = await token('sender', ['store']);
  for (const [path, door] of [
    ['dicom-web/studies', 'WADO-RS'],
    ['wado?requestType=WADO&studyUID=1.2&seriesUID=1.2.1&objectUID=1.2.1.1', 'WADO-URI'],
    ['api/studies/1.2/performed-steps', 'API'],
  ] as const)
    expect(await asked(path, sender)).toMatchObject({
      status: 403,
      records: [{ caller: 'token sender', action: 'refused', missing: 'read', door }],
    });
  const reader = await token('reader', ['read']);
  expect(await asked('dicom-web/studies', reader, 'POST')).toMatchObject({
    status: 403,
    records: [{ action: 'refused', missing: 'store' }],
  });
});

test('what is given out says by which door', async () => {
  const reader = await token('a reader', ['read']);
  const study = { caller: 'token a reader', StudyInstanceUID: '1.2' };
  for (const path of ['dicom-web/studies/1.2', 'dicom-web/studies/1.2/metadata'])
    expect(await asked(path, reader)).toMatchObject({
      status: 200,
      records: [{ ...study, action: 'retrieve', door: 'WADO-RS' }],
    });
  expect((await asked('dicom-web/studies', reader)).records).toMatchObject([{ action: 'search', door: 'QIDO-RS' }]);
  const byUri = 'wado?requestType=WADO&studyUID=1.2&seriesUID=1.2.1&objectUID=1.2.1.1&contentType=application/dicom';
  expect((await asked(byUri, reader)).records).toMatchObject([{ ...study, action: 'retrieve', door: 'WADO-URI' }]);
});

test('more than may be asked for at once is refused, and the record does not say that it was given out', async () => {
  const { database } = archive.postgres;
  const lines: string[] = [];
  const parts = { database, log: pino({}, { write: (line: string) => void lines.push(line) }) };
  const options = { caller: programCaller('ris'), door: 'C-GET' } as const;
  const asked = () => retrieveByKeys({ StudyInstanceUID: ['1.2'] }, options, [], parts);
  const { instances } = limits.retrieve;
  Object.assign(limits.retrieve, { instances: 0 });
  const refused = await asked().catch((error: unknown) => error);
  Object.assign(limits.retrieve, { instances });
  expect(refused).toMatchObject({ code: 'tooManyInstances' });
  expect(lines).toEqual([]);
  await asked();
  expect(lines).toHaveLength(1);
});
