import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { beginHolding } from '#derive/heavy-heads.ts';
import { performedStepRetrieveSOPClass, performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { limits } from '#settings/limits.ts';
import type { TestValue } from '#tests/dataset-of.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { findStep, scheduleStep } from '#workflow/scheduled-steps.ts';
import { findPerformedStep, performedFor } from '#workflow/performed-steps.ts';
import { associate, type AttributesPeer } from './test-attributes.ts';
import { startRetrievalArchive, type RetrievalArchive } from './test-retrieval.ts';

let archive: RetrievalArchive;
beforeAll(async () => {
  archive = await startRetrievalArchive();
});
afterAll(() => archive[Symbol.asyncDispose]());
let peer: AttributesPeer;
beforeEach(async () => {
  peer = await associate(archive.port, performedStepSOPClass, { callingAETitle: 'CT1' });
});
afterEach(() => {
  vi.restoreAllMocks();
  return peer[Symbol.asyncDispose]();
});

let steps = 0;
const newStep = () => `2.25.8800.${++steps}`;
const begun = (more: Record<string, TestValue> = {}) => ({
  SpecificCharacterSet: 'ISO_IR 192',
  Modality: 'CT',
  PatientName: 'Nguyễn^Văn An',
  PatientID: 'P1',
  PerformedStationAETitle: 'CT1',
  PerformedProcedureStepStartDate: '20261128',
  PerformedProcedureStepStartTime: '081500',
  PerformedProcedureStepStatus: 'IN PROGRESS',
  PerformedProcedureStepID: 'PPS1',
  ScheduledStepAttributesSequence: [datasetOf({ StudyInstanceUID: '1.2.3' })],
  ...more,
});
const create = async (sopInstanceUID: string | undefined, values: Record<string, TestValue> = begun()) =>
  peer.ask(
    {
      CommandField: commandFields['N-CREATE-RQ'],
      AffectedSOPClassUID: performedStepSOPClass,
      ...(sopInstanceUID !== undefined && { AffectedSOPInstanceUID: sopInstanceUID }),
    },
    datasetOf(values),
  );
const set = async (sopInstanceUID: string, values: Record<string, TestValue>, by = peer) =>
  by.ask(
    {
      CommandField: commandFields['N-SET-RQ'],
      RequestedSOPClassUID: performedStepSOPClass,
      RequestedSOPInstanceUID: sopInstanceUID,
    },
    datasetOf(values),
  );
const ended = (state: string, more: Record<string, TestValue> = {}) => ({
  PerformedProcedureStepEndDate: '20261128',
  PerformedProcedureStepEndTime: '083000',
  PerformedProcedureStepStatus: state,
  ...more,
});

describe('a step', () => {
  test('is made in progress, changed while it is, and final when it is completed', async () => {
    const step = newStep();
    expect(await create(step)).toMatchObject({ Status: 0, AffectedSOPInstanceUID: step });
    expect(
      await set(step, { PerformedProcedureStepDescription: 'CT ngực', SpecificCharacterSet: 'ISO_IR 192' }),
    ).toMatchObject({ Status: 0 });
    expect(await set(step, ended('COMPLETED'))).toMatchObject({ Status: 0 });
    expect(await set(step, ended('DISCONTINUED'))).toMatchObject({
      Status: 0x0110,
      ErrorID: 0xa710,
      ErrorComment: 'Performed Procedure Step Object may no longer be updated',
    });
    const found = await findPerformedStep(archive.postgres.database, step);
    expect(found).toMatchObject({ state: 'completed', callingAETitle: 'CT1', studyInstanceUIDs: ['1.2.3'] });
    expect(found?.attributes['00400254']?.Value).toEqual(['CT ngực']);
    expect(found?.attributes['00400250']?.Value).toEqual(['20261128']);
  });

  test('that is changed again and again keeps no more than 16 MiB, says so, and can still be completed', async () => {
    const step = newStep();
    await create(step);
    const value = new Uint8Array(3 * 1024 * 1024);
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push(await set(step, { [0x00431001 + n]: value }));
    expect(answers.map(({ Status }) => Status)).toEqual([0, 0, 0, 0x0110, 0x0110]);
    expect(answers.at(-1)?.ErrorComment).toBe('what was said of this step has more than 16777216 bytes');
    const kept = JSON.stringify((await findPerformedStep(archive.postgres.database, step))?.attributes).length;
    // In Base64, with the name of its attribute before it.
    const rest = new Uint8Array(Math.floor(((16 * 1024 * 1024 - kept - 100) * 3) / 4));
    expect(await set(step, { 0x00431007: rest })).toMatchObject({ Status: 0 });
    expect(await set(step, { PerformedProcedureStepDescription: 'x'.repeat(64) })).toMatchObject({ Status: 0x0110 });
    expect(await set(step, ended('COMPLETED'))).toMatchObject({ Status: 0 });
    expect(await findPerformedStep(archive.postgres.database, step)).toMatchObject({ state: 'completed' });
  });

  test('gets a UID from us when the modality gives none', async () => {
    const { Status, AffectedSOPInstanceUID } = await create(undefined);
    expect(Status).toBe(0);
    expect(AffectedSOPInstanceUID).toMatch(/^2\.25\.\d+$/);
    expect(await set(AffectedSOPInstanceUID!, ended('COMPLETED'))).toMatchObject({ Status: 0 });
  });

  test('is made once, and changed only where there is one', async () => {
    const step = newStep();
    await create(step);
    expect(await create(step)).toMatchObject({ Status: 0x0111 });
    expect(await set('2.25.404', ended('COMPLETED'))).toMatchObject({ Status: 0x0112 });
    expect(await create('no UID')).toMatchObject({ Status: 0x0117 });
  });

  test.each([
    ['COMPLETED from the beginning', { PerformedProcedureStepStatus: 'COMPLETED' }, 0x0106, 0x00400252],
    ['without a value of type 1', { PerformedProcedureStepID: '' }, 0x0121, 0x00400253],
    ['of no study', { ScheduledStepAttributesSequence: [datasetOf({ AccessionNumber: 'A' })] }, 0x0121, 0x0020000d],
    [
      'of a study that is no UID',
      { ScheduledStepAttributesSequence: [datasetOf({ StudyInstanceUID: 'x' })] },
      0x0106,
      0x0020000d,
    ],
  ] as const)('%s is refused, and the attribute named', async (_, more, status, tag) => {
    expect(await create(newStep(), begun(more))).toMatchObject({ Status: status, AttributeIdentifierList: [tag] });
  });

  test('in a state that it cannot have is refused by words that are whole in 64 characters', async () => {
    const step = newStep();
    expect(await create(step, begun({ PerformedProcedureStepStatus: 'COMPLETED' }))).toMatchObject({
      ErrorComment: 'PerformedProcedureStepStatus has to be IN PROGRESS at first',
    });
    expect(await create(step)).toMatchObject({ Status: 0 });
    expect(await set(step, { PerformedProcedureStepStatus: 'PAUSED' })).toMatchObject({
      Status: 0x0106,
      ErrorComment: 'PerformedProcedureStepStatus is no state of a performed step',
      AttributeIdentifierList: [0x00400252],
    });
  });

  test('without an attribute of type 1 is refused, and the attribute named', async () => {
    const { Modality: _, ...values } = begun();
    expect(await create(newStep(), values)).toMatchObject({ Status: 0x0120, AttributeIdentifierList: [0x00080060] });
  });

  test('keeps what only its creation says, and the answer names what was not changed', async () => {
    const step = newStep();
    await create(step);
    const answer = await set(step, { PatientID: 'P2', PerformedProcedureStepID: 'PPS1', StudyID: '' });
    expect(answer).toMatchObject({ Status: 0x0107, AttributeIdentifierList: [0x00100020] });
    const found = await findPerformedStep(archive.postgres.database, step);
    expect(found?.attributes['00100020']?.Value).toEqual(['P1']);
    for (const PerformedProcedureStepStatus of ['DONE', 'constructor'])
      expect(await set(step, { PerformedProcedureStepStatus })).toMatchObject({ Status: 0x0106 });
  });

  test.each(['COMPLETED', 'DISCONTINUED'])(
    'is %s although the modality does not say all that it should, and that is noted',
    async (state) => {
      const step = newStep();
      await create(step);
      const series = datasetOf({ SeriesInstanceUID: '1.2.3.1', ProtocolName: 'CT ngực' });
      const from = archive.lines.length;
      const says = state === 'COMPLETED' ? { PerformedSeriesSequence: [series] } : {};
      expect(await set(step, { PerformedProcedureStepStatus: state, ...says })).toMatchObject({ Status: 0 });
      expect(await findPerformedStep(archive.postgres.database, step)).toMatchObject({ state: state.toLowerCase() });
      const noted = archive.lines.slice(from).find(({ missing }) => missing);
      const always = ['PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime'];
      expect(noted).toMatchObject({
        callingAETitle: 'CT1',
        SOPInstanceUID: step,
        missing: state === 'COMPLETED' ? always : [...always, 'PerformedSeriesSequence'],
      });
    },
  );

  test('may have made more images than anybody counts: a functional study has ten thousand and more', async () => {
    const step = newStep();
    await create(step);
    const images = Array.from({ length: 55_000 }, (_, at) =>
      datasetOf({
        ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
        ReferencedSOPInstanceUID: `1.3.12.2.1107.5.2.43.66021.2026112808153012345${100_000 + at}`,
      }),
    );
    const series = datasetOf({ SeriesInstanceUID: '1.2.3.1', ProtocolName: 'fMRI', ReferencedImageSequence: images });
    expect(await set(step, ended('COMPLETED', { PerformedSeriesSequence: [series] }))).toMatchObject({ Status: 0 });
  });

  test('is ended, as each of several that say very much at once', async () => {
    const ends = ended('COMPLETED', { 0x00431001: new Uint8Array(limits.dataset.heldBytes) });
    const several = [newStep(), newStep(), newStep()];
    const answers = await Promise.all(
      several.map(async (step) => {
        await create(step);
        await using other = await associate(archive.port, performedStepSOPClass, { callingAETitle: step });
        return set(step, ends, other);
      }),
    );
    expect(answers.map(({ Status }) => Status)).toEqual([0, 0, 0]);
  });

  test('that is kept is answered so, although its study cannot be called complete at that moment', async () => {
    const { pool } = archive.postgres.database;
    const rename = (from: string, to: string) => pool.query(`ALTER FUNCTION index.${from}(bigint) RENAME TO ${to}`);
    const step = newStep();
    await create(step);
    const image = datasetOf({
      ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
      ReferencedSOPInstanceUID: '1.2.3.1.1',
    });
    const series = datasetOf({ SeriesInstanceUID: '1.2.3.1', ProtocolName: 'CT', ReferencedImageSequence: [image] });
    await rename('complete_performed_step', 'not_there');
    try {
      expect(await set(step, ended('COMPLETED', { PerformedSeriesSequence: [series] }))).toMatchObject({ Status: 0 });
    } finally {
      await rename('not_there', 'complete_performed_step');
    }
    expect(await findPerformedStep(archive.postgres.database, step)).toMatchObject({ state: 'completed' });
  });

  test('that ends with all that it should say is noted nowhere', async () => {
    const step = newStep();
    await create(step);
    const from = archive.lines.length;
    const series = datasetOf({ SeriesInstanceUID: '1.2.3.1', ProtocolName: 'CT ngực' });
    await set(step, ended('COMPLETED', { PerformedSeriesSequence: [series], SpecificCharacterSet: 'ISO_IR 192' }));
    expect(archive.lines.slice(from).filter(({ missing }) => missing)).toEqual([]);
  });

  test('is given back by N-GET, whole or in part', async () => {
    const step = newStep();
    await create(step);
    await using reader = await associate(archive.port, performedStepRetrieveSOPClass);
    const get = {
      CommandField: commandFields['N-GET-RQ'],
      RequestedSOPClassUID: performedStepRetrieveSOPClass,
      RequestedSOPInstanceUID: step,
    };
    const whole = await reader.ask(get);
    expect(whole).toMatchObject({ Status: 0 });
    expect(whole.dataset?.['00100010']?.Value).toEqual([{ Alphabetic: 'Nguyễn^Văn An' }]);
    const part = await reader.ask({ ...get, AttributeIdentifierList: [0x00400252] });
    expect(Object.keys(part.dataset ?? {}).sort()).toEqual(['00080005', '00400252']);
    expect(await reader.ask({ ...get, RequestedSOPInstanceUID: '2.25.404' })).toMatchObject({ Status: 0x0112 });
  });
});

test('of which very much was said is read when there is room in memory for it, by what is changed and by what is asked; others at once', async () => {
  const [large, small] = [newStep(), newStep()];
  await create(large);
  await create(small);
  await set(large, { 0x00431001: new Uint8Array(2 * limits.dataset.heavyBytes) });
  await using reader = await associate(archive.port, performedStepRetrieveSOPClass);
  await using changer = await associate(archive.port, performedStepSOPClass, { callingAETitle: 'CT1' });
  const get = (step: string) =>
    reader.ask({
      CommandField: commandFields['N-GET-RQ'],
      RequestedSOPClassUID: performedStepRetrieveSOPClass,
      RequestedSOPInstanceUID: step,
    });
  expect(await get(small)).toMatchObject({ Status: 0 });
  // What is held counts for as long as it is, and is waited for as long, however slow the others are here.
  const times = limits.dataset as { heldMs: number; roomWaitMs: number };
  for (const time of ['heldMs', 'roomWaitMs'] as const) vi.spyOn(times, time, 'get').mockReturnValue(3_600_000);
  const letGo = await beginHolding(limits.dataset.heldBytes);
  let answered = 0;
  const count = <T>(answer: T): T => (answered++, answer);
  const changed = set(large, { PerformedProcedureStepDescription: 'CT' }, changer).then(count);
  const read = get(large).then(count);
  expect(await set(small, { PerformedProcedureStepDescription: 'CT' })).toMatchObject({ Status: 0 });
  expect(answered).toBe(0);
  letGo();
  expect([await changed, await read]).toMatchObject([{ Status: 0 }, { Status: 0 }]);
});

describe('the entry of the worklist', () => {
  const schedule = async () => {
    const attributes = {
      PatientName: 'Trần^Thị Bình',
      PatientID: 'P7',
      Modality: 'CT',
      ScheduledProcedureStepStartDate: '20261128',
    };
    const { id, attributes: made } = await scheduleStep(archive.postgres.database, attributes, 'test');
    const item = datasetOf({
      StudyInstanceUID: String(made.StudyInstanceUID),
      ScheduledProcedureStepID: String(made.ScheduledProcedureStepID),
    });
    return { id, named: begun({ ScheduledStepAttributesSequence: [item] }) };
  };
  const state = async (id: number) => (await findStep(archive.postgres.database, id))?.state;

  test('follows what is performed for it', async () => {
    const { id, named } = await schedule();
    const step = newStep();
    await create(step, named);
    expect(await state(id)).toBe('started');
    await set(step, ended('COMPLETED'));
    expect(await state(id)).toBe('completed');
    expect(await performedFor(archive.postgres.database, id, 10)).toMatchObject([{ sopInstanceUID: step }]);
  });

  test('of two steps is started while one is in progress, and completed when one was', async () => {
    const { id, named } = await schedule();
    const [first, second] = [newStep(), newStep()];
    await create(first, named);
    await create(second, named);
    await set(first, ended('DISCONTINUED'));
    expect(await state(id)).toBe('started');
    await set(second, ended('COMPLETED'));
    expect(await state(id)).toBe('completed');
  });

  test('that was selected wrongly waits again', async () => {
    const { id, named } = await schedule();
    const step = newStep();
    await create(step, named);
    const reason = datasetOf({
      CodeValue: '110514',
      CodingSchemeDesignator: 'DCM',
      CodeMeaning: 'Incorrect worklist entry selected',
    });
    await set(step, ended('DISCONTINUED', { PerformedProcedureStepDiscontinuationReasonCodeSequence: [reason] }));
    expect(await state(id)).toBe('scheduled');
  });

  test('of another step of the same study stays', async () => {
    const [one, other] = [await schedule(), await schedule()];
    await create(newStep(), one.named);
    expect([await state(one.id), await state(other.id)]).toEqual(['started', 'scheduled']);
  });
});
