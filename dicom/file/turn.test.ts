/** What is long by the number of its items comes out the same in turns, and others are heard meanwhile. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { datasetOf } from '#tests/dataset-of.ts';
import { datasets } from '#tests/datasets.ts';
import { aHandful, heardDuring } from '#tests/heard-during.ts';
import { serializeDataset, serializeInTurns } from './serialize.ts';
import { endOfTurn } from './turn.ts';
import { toDicomJson, toDicomJsonInTurns } from '../web/dicom-json.ts';

const syntaxes = [
  { explicitVR: true, bigEndian: false },
  { explicitVR: false, bigEndian: false },
  { explicitVR: true, bigEndian: true },
  { explicitVR: true, bigEndian: false, deflated: true },
];

test('any data set is written the same in turns as at once', async () => {
  await fc.assert(
    fc.asyncProperty(datasets(true, false), async (dataset) => {
      expect(await toDicomJsonInTurns(dataset)).toEqual(toDicomJson(dataset));
      for (const syntax of syntaxes)
        expect(await serializeInTurns(dataset, syntax)).toEqual(serializeDataset(dataset, syntax));
    }),
  );
});

test('while some ten thousand items are written, others have their turns', async () => {
  const items = Array.from({ length: 30_000 }, (_, at) =>
    datasetOf({ ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2', ReferencedSOPInstanceUID: `1.2.3.${at}` }),
  );
  const series = datasetOf({ ReferencedImageSequence: items });
  const step = datasetOf({ PerformedSeriesSequence: [series] });
  const asJson = await heardDuring(() => toDicomJsonInTurns(step));
  expect(asJson.rounds).toBeGreaterThan(1_000);
  expect(asJson.mostLooks).toBeLessThan(aHandful);
  const asBytes = await heardDuring(() => serializeInTurns(series, syntaxes[0]!));
  expect(asBytes.rounds).toBeGreaterThan(100);
  expect(asBytes.mostLooks).toBeLessThan(aHandful);
});

test('a turn is over when the clock has gone back', async () => {
  using clock = vi.spyOn(performance, 'now').mockReturnValue(1e12);
  await endOfTurn();
  expect(endOfTurn()).toBeUndefined();
  clock.mockReturnValue(1);
  const over = endOfTurn();
  expect(over).toBeInstanceOf(Promise);
  await over;
});
