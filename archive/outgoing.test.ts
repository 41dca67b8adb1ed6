/** Associations that we open keep to the limits that are set, wherever they come from. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outgoingLimits } from '#access/outgoing-limits.ts';
import { uid } from '#dicom/data/uid.ts';
import { readSettings } from '#settings/settings.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { openDestination, type TestDestination } from './scp/test-destination.ts';
import {
  explicitLE,
  identifier,
  models,
  retrieve,
  type RetrievalArchive,
  startRetrievalArchive,
} from './scp/test-retrieval.ts';

let archive: RetrievalArchive;
let destination: TestDestination;
const open = new AsyncDisposableStack();
beforeAll(async () => {
  archive = open.use(await startRetrievalArchive({ DIMSE_PDU_KIB: '16' }));
  destination = open.use(await openDestination({ aeTitle: 'DEST' }));
  await archive.addDevice('DEST', destination.port);
  await archive.store([
    {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid('1.2.3.4.5'),
      transferSyntaxUID: explicitLE,
      dataset: smallInstance({ study: '1.2.3', series: '1.2.3.4', instance: '1.2.3.4.5' }),
    },
  ]);
});
afterAll(() => open.disposeAsync());

test('C-MOVE and the test of a device announce the PDU length that is set', async () => {
  const keys = identifier('STUDY', { study: '1.2.3' });
  expect(await retrieve(archive.port, { model: models.study.move, keys, destination: 'DEST' })).toMatchObject({
    status: 0,
  });
  const headers = { authorization: archive.authorization };
  const { devices } = (await (await fetch(`${archive.web}api/devices`, { headers })).json()) as {
    devices: { id: number; aeTitle: string }[];
  };
  const { id } = devices.find(({ aeTitle }) => aeTitle === 'DEST')!;
  await fetch(`${archive.web}api/devices/${id}/test`, { method: 'POST', headers });
  expect(destination.announced).toEqual([16_384, 16_384]);
});

test('how long the other side may take is the purpose’s own, or what is set; how long an association may be idle is not', () => {
  const own = { artimMs: 15_000, responseMs: 30_000 };
  expect(outgoingLimits(readSettings({}).dimse.outgoing, own)).toMatchObject(own);
  const set = readSettings({ DIMSE_ARTIM_SECONDS: '60', DIMSE_IDLE_SECONDS: '10' }).dimse.outgoing;
  expect(outgoingLimits(set, own)).toMatchObject({ artimMs: 60_000, responseMs: 30_000, idleAssociationMs: 600_000 });
});
