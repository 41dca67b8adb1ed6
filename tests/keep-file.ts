/**
 * Keeps DICOM files as the archive would, without a door: object, then row. For tests of what comes after.
 */
import { createHash } from 'node:crypto';
import { fileHead } from '#dicom/file/file-meta.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import { instanceRecord } from '#index/instance-record.ts';
import { InstanceWriter, type Written } from '#index/write.ts';
import { objectKey } from '#storage/keys.ts';
import type { Storage } from '#storage/storage.ts';

export interface Kept extends Written {
  readonly key: string;
}

export interface Keeper extends AsyncDisposable {
  keep(file: Buffer): Promise<Kept>;
}

export function openKeeper(databaseUrl: string, storage: Storage, store: number): Keeper {
  const writer = new InstanceWriter(databaseUrl);
  return {
    async keep(file) {
      const { transferSyntaxUID, dataset } = await openPart10(pieces(file));
      const syntax = transferSyntaxes.get(transferSyntaxUID);
      if (!syntax) throw new Error(`transfer syntax ${transferSyntaxUID}`);
      const reader = new InstanceReader(syntax, { sequenceDepth: 64, inflatedBytes: 2 ** 28 });
      const key = objectKey('i', new Date());
      const object = await storage.begin(key);
      const head = fileHead({
        MediaStorageSOPClassUID: '1.2',
        MediaStorageSOPInstanceUID: '1.2',
        TransferSyntaxUID: transferSyntaxUID,
      });
      await object.write(head);
      const digest = createHash('sha256');
      let length = 0;
      for await (const piece of dataset) {
        length += piece.byteLength;
        digest.update(piece);
        await reader.write(piece);
        await object.write(piece);
      }
      const read = await reader.end();
      await object.commit();
      const written = await writer.write(
        instanceRecord(read, {
          received_at: new Date().toISOString(),
          store,
          key,
          offset: head.length,
          length,
          digest: digest.digest('hex'),
          transfer_syntax: transferSyntaxUID,
          door: 'import',
          calling_ae_title: '',
          address: '',
          defaultIssuer: '',
          replaces: false,
          pixels: null,
        }),
      );
      return { ...written, key };
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

async function* pieces(file: Buffer): AsyncIterable<Uint8Array> {
  yield file;
}
