/**
 * Reads from a stored object what the index wants to know of it, and no more of it than that takes: Pixel Data, which is
 * nearly all of an archive, stays unread.
 */
import { tagOf } from '#dicom/data/dictionary.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { objectHeadBytes } from '#dicom/file/file-meta.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { InstanceReader, type ReadInstance } from '#index/instance-reader.ts';
import { instanceRecord, type InstanceRecord } from '#index/instance-record.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';

import { soundHead, type FoundObject } from './objects-in-order.ts';

/** The beginning of most instances up to Pixel Data, head included. */
const firstBytes = 64 * 1024;
const readBytes = 256 * 1024;
/** Passing fewer bytes than this costs more than reading them. */
const worthPassing = 64 * 1024;

const sopClassUID = tagOf('SOPClassUID');

/** @param store what index rows call this storage @throws StorageFailed, BadDataset */
export async function readStoredInstance(
  storage: Storage,
  store: number,
  { key, length }: FoundObject,
): Promise<InstanceRecord> {
  const first = await storage.readRange(key, 0, Math.min(firstBytes, length));
  const head = soundHead(first);
  if (!head) throw new BadDataset(0, 0, 'the object changed while it was read');
  const { meta, information } = head;
  const syntax = transferSyntaxOf(meta.TransferSyntaxUID);

  const reader = new InstanceReader(syntax, limits.dataset, information.characterSet);
  let read: ReadInstance;
  try {
    const end = objectHeadBytes + information.length;
    await reader.write(first.subarray(objectHeadBytes, end));
    for (let at = Math.min(first.length, end); at < end;) {
      const passing = Math.min(reader.passing, end - at);
      if (passing >= worthPassing) {
        reader.pass(passing);
        at += passing;
      } else {
        const bytes = await storage.readRange(key, at, Math.min(readBytes, end - at));
        await reader.write(bytes);
        at += bytes.length;
      }
    }
    read = await reader.end();
  } catch (error) {
    reader.destroy();
    throw error;
  }
  // A data set without a SOP Class UID went by the one that was announced, which is in the head.
  const values = read.values.get(sopClassUID)
    ? read.values
    : new Map(read.values).set(sopClassUID, meta.MediaStorageSOPClassUID);
  return instanceRecord(
    { ...read, values },
    {
      received_at: information.receivedAt,
      store,
      key,
      offset: objectHeadBytes,
      length: information.length,
      digest: information.digest,
      transfer_syntax: syntax.uid,
      door: information.door,
      calling_ae_title: information.callingAETitle,
      address: information.address,
      defaultIssuer: information.defaultIssuer,
      replaces: information.replaces,
      // Compared when it came. What was cut short before that is for a person to look at.
      pixels: information.samePixels ? 'same' : 'differ',
    },
  );
}
