/** Storage commitment over a kill -9: an accepted request is answered, whoever has to do it (contract, promise 1). */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { associate, listenForReports } from '#archive/scp/test-attributes.ts';
import { storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import { uid } from '#dicom/data/uid.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { openDatabase } from '#index/database.ts';
import { giveCluster } from '../cluster-template.ts';
import { secondaryCapture, smallInstance } from '../dataset-bytes.ts';
import { datasetOf } from '../dataset-of.ts';
import { healthOf, startLightbox, type RunningLightbox } from '../running-lightbox.ts';

const explicitLE = uid('1.2.840.10008.1.2.1');
const instances = Array.from({ length: 20 }, (_, at) => `7.8.1.${at + 1}`);

let directory: string;
let device: Awaited<ReturnType<typeof listenForReports>>;
let lightbox: RunningLightbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-commitment-'));
  device = await listenForReports(storageCommitmentSOPClass, { aeTitle: 'CT5' });
  await giveCluster(directory);
  const settings = { DEVICES: `CT5@127.0.0.1:${device.port}`, ROLES: 'archive' };
  lightbox = await startLightbox({ dataDir: directory, settings });
});
afterAll(async () => {
  await lightbox[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test('a request that was accepted is reported although the archive was killed right after', async () => {
  const port = Number(lightbox.dicom.split(':')[1]);
  const exchange = await connectExchange({
    host: '127.0.0.1',
    port,
    callingAETitle: 'CT5',
    calledAETitle: 'LIGHTBOX',
    contexts: [{ abstractSyntax: secondaryCapture, transferSyntaxes: [explicitLE] }],
  });
  for (const instance of instances) {
    const dataset = [smallInstance({ study: '7.8', series: '7.8.1', instance })];
    const ids = { sopClassUID: uid(secondaryCapture), sopInstanceUID: uid(instance), transferSyntaxUID: explicitLE };
    expect(await store(exchange, { ...ids, dataset })).toMatchObject({ status: 0 });
  }
  await exchange.release();

  const peer = await associate(port, storageCommitmentSOPClass, { callingAETitle: 'CT5' });
  const references = instances.map((instance) =>
    datasetOf({ ReferencedSOPClassUID: secondaryCapture, ReferencedSOPInstanceUID: instance }),
  );
  const { pid } = await healthOf(lightbox);
  const answer = await peer.ask(
    {
      CommandField: commandFields['N-ACTION-RQ'],
      RequestedSOPClassUID: storageCommitmentSOPClass,
      RequestedSOPInstanceUID: storageCommitmentInstance,
      ActionTypeID: 1,
    },
    datasetOf({ TransactionUID: '2.25.5', ReferencedSOPSequence: references }),
  );
  process.kill(pid, 'SIGKILL');
  expect(answer).toMatchObject({ Status: 0 });
  // Another one takes it up when the killed one has said for a while that it works on it no more: that is made to have passed.
  const run = JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')) as { databaseUrl: string };
  await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
  await database.pool.query('UPDATE site.commitment SET next_at = now()');
  const reported = () => [...peer.reported, ...device.reported];
  await vi.waitFor(() => expect(reported().length).toBeGreaterThan(0), { timeout: 90_000, interval: 100 });
  const report = reported()[0]!;
  expect(report.command.EventTypeID).toBe(1);
  expect(report.dataset['00081195']?.Value).toEqual(['2.25.5']);
  expect(report.dataset['00081199']?.Value).toHaveLength(instances.length);
});
