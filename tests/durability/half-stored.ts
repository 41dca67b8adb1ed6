/**
 * Leaves behind what an archive leaves that is killed between the commit of an instance's row and the sync of its
 * object: a row, and an object that is whole as long as the power stays on.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { uid } from '#dicom/data/uid.ts';
import { objectHead, objectHeadBytes } from '#dicom/file/file-meta.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { openDatabase } from '#index/database.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { instanceRecord } from '#index/instance-record.ts';
import { storeNumber } from '#index/objects.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { objectKey } from '#storage/keys.ts';
import { openStorage } from '#storage/storage.ts';
import { storageName } from '#storage/storage-name.ts';
import { secondaryCapture } from '../dataset-bytes.ts';
import type { Outgoing } from './store-client.ts';

const transferSyntaxUID = uid('1.2.840.10008.1.2.1');

/** @returns the path of the object */
export async function leaveHalfStored(
  { instance, dataset }: Outgoing,
  { databaseUrl, storageUrl }: { databaseUrl: string; storageUrl: string },
): Promise<string> {
  await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
  await using storage = await openStorage(storageUrl, { spoolDir: '/nowhere', reserveBytes: 0 });
  await using writer = new InstanceWriter(databaseUrl);
  const key = objectKey('i', new Date());
  const stored = {
    receivedAt: new Date().toISOString(),
    order: Date.now() * 1000,
    door: 'C-STORE',
    callingAETitle: 'KILLED',
    address: '127.0.0.1',
    defaultIssuer: '',
    length: dataset.length,
    digest: createHash('sha256').update(dataset).digest('hex'),
    version: 1,
    replaces: false,
  };
  const object = await storage.begin(key);
  const meta = {
    MediaStorageSOPClassUID: secondaryCapture,
    MediaStorageSOPInstanceUID: instance,
    TransferSyntaxUID: transferSyntaxUID,
  };
  await object.write(objectHead(meta, stored));
  await object.write(dataset);
  await object.flush();
  const reader = new InstanceReader(transferSyntaxes.get(transferSyntaxUID)!, limits.dataset);
  await reader.write(dataset);
  await writer.write(
    instanceRecord(await reader.end(), {
      received_at: stored.receivedAt,
      store: await storeNumber(database, storageName(storageUrl)),
      key,
      offset: objectHeadBytes,
      length: stored.length,
      digest: stored.digest,
      transfer_syntax: transferSyntaxUID,
      door: stored.door,
      calling_ae_title: stored.callingAETitle,
      address: stored.address,
      defaultIssuer: '',
      replaces: false,
      pixels: null,
    }),
  );
  return `${fileURLToPath(storageUrl)}/${key}`;
}
