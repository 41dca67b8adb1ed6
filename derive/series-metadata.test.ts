import { expect, test } from 'vitest';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { aHandful, heardDuring } from '#tests/heard-during.ts';
import { limits } from '#settings/limits.ts';
import { beginHolding, weightOf } from './heavy-heads.ts';
import { type DescribedDataset, instanceXml } from './instance-metadata.ts';
import { type DescribedInstance, describedDatasets, metadataJson, type MetadataSource } from './series-metadata.ts';

const frames = 20_000;

/** The head of an enhanced CT object: what each frame is, is said by five sequences of its functional group. */
const head = serializeDataset(
  datasetOf({
    SOPInstanceUID: '1.2.3.1',
    PerFrameFunctionalGroupsSequence: Array.from({ length: frames }, (_, frame) =>
      datasetOf({
        FrameContentSequence: [datasetOf({ StackID: '1', FrameAcquisitionDateTime: '20260101120000.000' })],
        PlanePositionSequence: [datasetOf({ ImagePositionPatient: `-125.5\\-130.25\\${frame}` })],
        PlaneOrientationSequence: [datasetOf({ ImageOrientationPatient: '1\\0\\0\\0\\1\\0' })],
        PixelMeasuresSequence: [datasetOf({ PixelSpacing: '0.5\\0.5', SliceThickness: '1' })],
        FrameVOILUTSequence: [datasetOf({ WindowCenter: '40', WindowWidth: '400' })],
      }),
    ),
  }),
  explicitLittleEndian,
);
const row: DescribedInstance = {
  study_instance_uid: '1.2',
  series_instance_uid: '1.2.3',
  sop_instance_uid: '1.2.3.1',
  sop_class: '1.2.840.10008.5.1.4.1.1.2.1',
  transfer_syntax: explicitLittleEndian.uid,
  length: head.length + 512,
  pixel_offset: head.length,
  pixel_length: 512,
  frames: null,
};
const source: MetadataSource<DescribedInstance> = {
  baseUrl: '/dicom-web',
  bytesOf: () => ({
    readRange: async (offset, length) => head.subarray(offset, offset + length),
    async *readStream(offset, length) {
      for (let at = 0; at < length; at += 1 << 20)
        yield head.subarray(offset + at, offset + Math.min(at + (1 << 20), length));
    },
  }),
  onUnreadable(_, error) {
    throw error;
  },
};

const groups = (text: string): number => text.match(/\b0?0200032\b/g)?.length ?? 0;

test('the JSON of an object with 20,000 functional groups holds nobody up', async () => {
  const heard = await heardDuring(async () => {
    let text = '';
    for await (const piece of metadataJson([row], source)) text += piece;
    expect(groups(text)).toBe(frames);
  });
  expect(heard.rounds).toBeGreaterThan(10_000);
  expect(heard.mostLooks).toBeLessThan(aHandful);
});

test('its XML holds nobody up', async () => {
  const described = describedDatasets([row], source);
  let one: DescribedDataset | undefined;
  const reading = await heardDuring(async () => void (one = (await described.next()).value ?? undefined));
  let count = 0;
  const writing = await heardDuring(async () => {
    for (const piece of instanceXml(one!)) {
      count += groups(piece);
      await endOfTurn();
    }
  });
  await described.return();
  expect(count).toBe(frames);
  expect(reading.rounds).toBeGreaterThan(100);
  expect(reading.mostLooks).toBeLessThan(aHandful);
  expect(writing.rounds).toBeGreaterThan(30);
});

test('of objects with so many elements no more are held in memory than fit, whoever asks', async () => {
  const begun: string[] = [];
  const noting: MetadataSource<DescribedInstance> = {
    ...source,
    bytesOf(instance) {
      begun.push(instance.sop_instance_uid);
      return source.bytesOf(instance);
    },
  };
  const named = (uid: string) => ({ ...row, sop_instance_uid: uid });
  const weight = weightOf(row, row.transfer_syntax);
  expect(weight).toBeGreaterThan(0);
  const endRest = await beginHolding(limits.dataset.heldBytes - weight);
  const one = describedDatasets([named('1.1'), named('1.2')], noting);
  const other = describedDatasets([named('2.1')], noting);
  await one.next();
  const waiting = other.next();
  for (let turn = 0; turn < 50; turn++) await endOfTurn();
  // Neither the next of the same series, nor that of another one.
  expect(begun).toEqual(['1.1']);
  // Whoever goes away lets go of it.
  await one.return();
  await waiting;
  expect(begun).toEqual(['1.1', '2.1']);
  await other.return();
  endRest();
});
