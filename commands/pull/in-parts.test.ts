import { afterAll, beforeAll, expect, test } from 'vitest';
import { textValue } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { InstanceWriter } from '#index/write.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { fetchInParts } from './in-parts.ts';
import { identifierIn, startOldArchive } from './test-old-archive.ts';

const study = tagOf('StudyInstanceUID');
const seriesTag = tagOf('SeriesInstanceUID');
const imageTag = tagOf('SOPInstanceUID');

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

/** An archive with one study, that sends nothing of what holds one of the `bad` images and answers C000. */
async function startGivingUp(
  all: Readonly<Record<string, readonly string[]>>,
  bad: ReadonlySet<string>,
  arrive?: (series: string) => Promise<void>,
) {
  const moved: string[] = [];
  const find = async (request: Request) => {
    const { identifier, syntax } = await identifierIn(request);
    const ofSeries = all[textValue(identifier, seriesTag)];
    for (const uid of ofSeries ?? Object.keys(all)) {
      const keys = new Map([[ofSeries ? imageTag : seriesTag, uid]]);
      const match = queryIdentifier(ofSeries ? 'IMAGE' : 'SERIES', keys);
      await request.pending({ status: 0xff00, identifier: serializeDataset(match, syntax) });
    }
    return { status: 0 };
  };
  const move = async (request: Request) => {
    const { identifier } = await identifierIn(request);
    const [series, image] = [textValue(identifier, seriesTag), textValue(identifier, imageTag)];
    moved.push(image || series || textValue(identifier, study));
    await arrive?.(series);
    const asked = image ? [image] : (all[series] ?? Object.values(all).flat());
    return { status: asked.some((each) => bad.has(each)) ? 0xc000 : 0 };
  };
  const old = await startOldArchive({
    [studyRoot.find]: { 'C-FIND-RQ': find },
    [studyRoot.move]: { 'C-MOVE-RQ': move },
  });
  const { database } = postgres;
  const fetch = (there?: number) =>
    fetchInParts(
      { StudyInstanceUID: '1.2', there, cause: 'C000 of the study' },
      {
        old: old.archive,
        database,
        move: (part) => old.archive.move(part, 'LIGHTBOX'),
        signal: new AbortController().signal,
      },
    );
  return { moved, fetch, old: old.archive, [Symbol.asyncDispose]: () => old[Symbol.asyncDispose]() };
}

test('an archive that gives a study up is said to, and its series and images are asked for one by one', async () => {
  await using old = await startGivingUp(
    { '1.2.1': ['1.2.1.1', '1.2.1.2', '1.2.1.3'], '1.2.2': ['1.2.2.1'] },
    new Set(['1.2.1.2']),
  );
  expect(await old.old.move({ StudyInstanceUID: '1.2' }, 'LIGHTBOX')).toMatchObject({ gaveUp: true });
  const { there, cause } = await old.fetch();
  expect([there, cause]).toEqual([4, expect.stringMatching(/^1 image not sent \(1\.2\.1\.2\): C000 /)]);
  expect(old.moved).toEqual(['1.2', '1.2.1', '1.2.1.1', '1.2.1.3', '1.2.1.2', '1.2.2']);
});

test('where too many of its images fail the others are left, and counted', async () => {
  const images = Array.from({ length: 50 }, (_, at) => `1.2.1.${at + 1}`);
  await using writer = new InstanceWriter(postgres.url);
  // Its first series comes.
  const arrive = async (series: string) => {
    const SOPInstanceUID = '1.2.0.1';
    if (series === '1.2.0')
      await writer.write(indexedInstance({ StudyInstanceUID: '1.2', SeriesInstanceUID: series, SOPInstanceUID }));
  };
  await using old = await startGivingUp({ '1.2.0': ['1.2.0.1'], '1.2.1': images }, new Set(images), arrive);
  const { there, cause } = await old.fetch();
  expect([there, cause]).toEqual([
    51,
    expect.stringContaining('20 images not sent (1.2.1.1, 1.2.1.50, 1.2.1.26, 1.2.1.2, '),
  ]);
  expect(cause).toContain(', the others not asked for): C000 ');
  expect(old.moved).toHaveLength(22);
});

test('where nothing of a study comes it is left after three images, and none is named', async () => {
  const images = Array.from({ length: 50 }, (_, at) => `1.3.1.${at + 1}`);
  await using old = await startGivingUp({ '1.3.1': images, '1.3.2': ['1.3.2.1'] }, new Set([...images, '1.3.2.1']));
  const { there, cause } = await old.fetch();
  expect([there, cause]).toEqual([51, expect.stringMatching(/^nothing of it is sent, by images neither: C000 [^(]*$/)]);
  expect(old.moved).toEqual(['1.3.1', '1.3.1.1', '1.3.1.50', '1.3.1.26']);
});

test('where it lists no series, or fewer images than it counts, the study is not whole, and the cause of its move stays', async () => {
  await using noSeries = await startGivingUp({}, new Set());
  expect(await noSeries.fetch(5)).toEqual({ there: 5, cause: '0 of 5 images listed: C000 of the study' });
  expect(await noSeries.fetch()).toEqual({
    there: undefined,
    cause: '0 of an unknown number of images listed: C000 of the study',
  });
  await using noImages = await startGivingUp({ '1.2.1': ['1.2.1.1', '1.2.1.2'], '1.2.2': [] }, new Set());
  expect(await noImages.fetch(5)).toEqual({ there: 5, cause: '2 of 5 images listed: C000 of the study' });
  expect(noImages.moved).toEqual(['1.2.1', '1.2.2']);
  expect(await noImages.fetch()).toEqual({
    there: undefined,
    cause: '2 of an unknown number of images listed: C000 of the study',
  });
  // A series may be empty: it lists what it counts.
  expect(await noImages.fetch(2)).toEqual({ there: 2, cause: undefined });
});
