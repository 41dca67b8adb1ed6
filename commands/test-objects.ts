/** For tests of the commands: stored objects made by hand, such as no archive would leave them. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectInformation, objectHead } from '#dicom/file/file-meta.ts';
import { objectKey } from '#storage/keys.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';

/** What a command works on: a directory of its own with an empty storage, beside a database. */
export interface CommandSite extends AsyncDisposable {
  readonly directory: string;
  /** Its objects lie in `directory`/objects. */
  readonly storage: Storage;
  readonly environment: Readonly<Record<string, string>>;
}

export async function openCommandSite(databaseUrl: string): Promise<CommandSite> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-command-'));
  await mkdir(join(directory, 'objects'));
  const storageUrl = `file://${directory}/objects`;
  const storage = await openStorage(storageUrl, { spoolDir: join(directory, 'spool'), reserveBytes: 0 });
  return {
    directory,
    storage,
    environment: { DATA_DIR: directory, DATABASE_URL: databaseUrl, STORAGE_URL: storageUrl },
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface MadeObject {
  readonly dataset: Buffer;
  readonly SOPInstanceUID: string;
  readonly syntax?: string;
  /** When its instance began to come: its key's hour. */
  readonly began?: Date;
  readonly information?: Partial<ObjectInformation>;
}

/** @returns its key */
export async function putObject(storage: Storage, object: MadeObject): Promise<string> {
  const { dataset, SOPInstanceUID, syntax = '1.2.840.10008.1.2.1', began = new Date(), information } = object;
  const head = objectHead(
    {
      MediaStorageSOPClassUID: secondaryCapture,
      MediaStorageSOPInstanceUID: SOPInstanceUID,
      TransferSyntaxUID: syntax,
    },
    {
      receivedAt: began.toISOString(),
      order: began.getTime() * 1000,
      door: 'C-STORE',
      callingAETitle: 'CT1',
      address: '10.0.0.5',
      defaultIssuer: '',
      length: dataset.length,
      digest: createHash('sha256').update(dataset).digest('hex'),
      version: 1,
      replaces: false,
      ...information,
    },
  );
  const key = objectKey('i', began);
  await putBytes(storage, key, Buffer.concat([head, dataset]));
  return key;
}

export async function putBytes(storage: Storage, key: string, bytes: Buffer): Promise<void> {
  const object = await storage.begin(key);
  await object.write(bytes);
  await object.commit();
}

export async function keysBelow(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}
