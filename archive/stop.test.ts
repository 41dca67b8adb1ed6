/** The end of an archive: it has a few seconds before the launcher kills it, whatever other machines do meanwhile. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { limits } from '#settings/limits.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { listenSilently } from '#tests/silent-peer.ts';
import { addCommitment } from '#workflow/commitments.ts';
import { openDestination } from './scp/test-destination.ts';
import { explicitLE, identifier, models, retrieve, startRetrievalArchive } from './scp/test-retrieval.ts';

/** Whoever waits for a device, for its association or for its answer, waits longer than any test may take. */
const settings = { DIMSE_ARTIM_SECONDS: '600' };
const { responseMs } = limits.dimse;
beforeAll(() => void Object.assign(limits.dimse, { responseMs: 600_000 }));
afterAll(() => void Object.assign(limits.dimse, { responseMs }));

test('waits for no device that does not answer: neither a move, nor a send, nor a report', async () => {
  await using archive = await startRetrievalArchive(settings);
  await using silent = await listenSilently();
  await using held = await openDestination({ aeTitle: 'HELD', answer: () => new Promise<never>(() => {}) });
  const dataset = smallInstance({ study: '1.2.3', series: '1.2.3.4', instance: '1.2.3.4.5' });
  const [sopClassUID, sopInstanceUID] = [uid(secondaryCapture), uid('1.2.3.4.5')];
  await archive.store([{ sopClassUID, sopInstanceUID, transferSyntaxUID: explicitLE, dataset }]);
  await archive.addDevice('HELD', held.port);
  await archive.addDevice('SILENT', silent.port);

  const { database } = archive.postgres;
  const requested = [{ sopClassUID, sopInstanceUID }];
  const left = { transactionUID: '2.25.1', callingAETitle: 'SILENT', requested };
  await addCommitment(database, left, { leaseSeconds: 0, duplicateReason: 0x0131 });
  await silent.connected();
  const keys = identifier('STUDY', { study: '1.2.3' });
  const moved = retrieve(archive.port, { model: models.study.move, keys, destination: 'HELD' }).catch(() => 'lost');
  await database.pool.query(
    `INSERT INTO site.send (device, destination, study_instance_uid, priority)
     SELECT id, ae_title, '1.2.3', 'high' FROM site.device WHERE ae_title = 'SILENT'`,
  );
  await expect
    .poll(async () => (await database.pool.query('SELECT state FROM site.send')).rows)
    .toEqual([{ state: 'running' }]);
  await expect.poll(() => held.received.length).toBe(1);

  await archive.stop();
  await expect(access(join(archive.directory, 'archive.running'))).rejects.toThrow('ENOENT');
  // Neither has failed: each was given up.
  expect((await database.pool.query('SELECT state, cause FROM site.send')).rows).toEqual([
    { state: 'waiting', cause: null },
  ]);
  expect((await database.pool.query('SELECT state, error FROM site.commitment')).rows).toEqual([
    { state: 'reporting', error: null },
  ]);
  expect(await moved).toBe('lost');
});
