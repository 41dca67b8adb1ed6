import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { textValue } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';

import { identifierIn, startOldArchive } from './test-old-archive.ts';

const studyDate = tagOf('StudyDate');
const studyUID = tagOf('StudyInstanceUID');

/** An archive that gives `most` matches, and then answers A700. */
async function startFrugal(dates: readonly string[], most: number) {
  const ranges: string[] = [];
  const find = async (request: Request) => {
    const { identifier, syntax } = await identifierIn(request);
    const range = textValue(identifier, studyDate);
    ranges.push(range);
    const [from = '', to = ''] = range.split('-');
    const found = [...dates.entries()].filter(([, date]) => date >= from && date <= to);
    for (const [at, date] of found.slice(0, most)) {
      const keys = new Map([
        [studyDate, date],
        [studyUID, `1.2.${at}`],
      ]);
      await request.pending({ status: 0xff00, identifier: serializeDataset(queryIdentifier('STUDY', keys), syntax) });
    }
    return { status: found.length > most ? 0xa700 : 0 };
  };
  return { ranges, ...(await startOldArchive({ [studyRoot.find]: { 'C-FIND-RQ': find } })) };
}

test('an archive that will not give so many studies at once is asked for fewer days', async () => {
  const dates = ['20240201', '20240202', '20240215', '20240215', '20240229'];
  await using old = await startFrugal(dates, 2);
  const studies = await old.archive.studies('20240201-20240229');
  expect(studies.map(({ StudyDate }) => StudyDate)).toEqual(dates);
  expect(old.ranges.slice(0, 2)).toEqual(['20240201-20240229', '20240201-20240215']);
});

test('where it refuses even one day, that is said', async () => {
  await using old = await startFrugal(['20240215', '20240215'], 1);
  await expect(old.archive.studies('20240201-20240229')).rejects.toThrow(
    'OLD did not answer a query to its end: A700 out of resources.',
  );
  expect(old.ranges.at(-1)).toBe('20240215-20240215');
});

test('an archive that says nothing while it sends is waited for by what it was asked to send', async () => {
  const never = Promise.withResolvers<{ status: number }>();
  const silentMs = 10 * 60_000;
  await using old = await startOldArchive(
    { [studyRoot.move]: { 'C-MOVE-RQ': () => never.promise } },
    { STUDY: silentMs, SERIES: silentMs, IMAGE: 50 },
  );
  const image = { StudyInstanceUID: '1.2', SeriesInstanceUID: '1.2.1', SOPInstanceUID: '1.2.1.1' };
  await expect(old.archive.move(image, 'LIGHTBOX')).rejects.toThrow('no response in time');
  never.resolve({ status: 0 });
});

test('an archive that goes on and on with its answer is given up, and that is said', async () => {
  let sent = 0;
  const find = async (request: Request) => {
    const { syntax } = await identifierIn(request);
    while (!request.signal.aborted) {
      const match = queryIdentifier('STUDY', new Map([[studyUID, `1.2.${++sent}`]]));
      await request.pending({ status: 0xff00, identifier: serializeDataset(match, syntax) });
      await setImmediate();
    }
    return { status: 0xfe00 };
  };
  await using old = await startOldArchive({ [studyRoot.find]: { 'C-FIND-RQ': find } }, undefined, 50);
  await expect(old.archive.studies('20240201-20240229')).rejects.toThrow(
    'OLD gave more than 50 matches to one query, and was stopped there.',
  );
});

test('of every date it may have more than is kept: what is not wanted is passed over', async () => {
  const dates = [...Array<string>(60).fill('20240215'), '', ''];
  const find = async (request: Request) => {
    const { syntax } = await identifierIn(request);
    for (const [at, date] of dates.entries()) {
      const keys = new Map([
        [studyDate, date],
        [studyUID, `1.2.${at}`],
      ]);
      await request.pending({ status: 0xff00, identifier: serializeDataset(queryIdentifier('STUDY', keys), syntax) });
    }
    return { status: 0 };
  };
  await using old = await startOldArchive({ [studyRoot.find]: { 'C-FIND-RQ': find } }, undefined, 50);
  const studies = await old.archive.studies('', ({ StudyDate }) => StudyDate === '');
  expect(studies.map(({ StudyInstanceUID }) => StudyInstanceUID)).toEqual(['1.2.60', '1.2.61']);
});
