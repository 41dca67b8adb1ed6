import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { explicit, smallInstance } from '#tests/dataset-bytes.ts';
import { rejectionNote } from '#tests/rejection-note.ts';
import { InstanceReader } from './instance-reader.ts';
import type { RejectionNote } from './rejection-note.ts';

async function read(bytes: Buffer, pieces = [bytes.length], syntax = '1.2.840.10008.1.2.1') {
  const reader = new InstanceReader(transferSyntaxes.get(syntax)!, limits.dataset);
  let at = 0;
  for (const length of pieces) await reader.write(bytes.subarray(at, (at += length)));
  await reader.write(bytes.subarray(at));
  return (await reader.end()).rejection;
}

const rejects = {
  '1.3': [
    ['1.3.1', '1.3.1.1'],
    ['1.3.2', '1.3.2.1'],
    ['1.3.1', '1.3.1.2'],
  ],
  '1.2': [['1.2.1', '1.2.1.1']],
} as const;
const said: RejectionNote = {
  code: '113037',
  studies: [
    { study_instance_uid: '1.3', sop_instance_uids: ['1.3.1.1', '1.3.1.2', '1.3.2.1'] },
    { study_instance_uid: '1.2', sop_instance_uids: ['1.2.1.1'] },
  ],
};
const byStudy = (note: RejectionNote | undefined) =>
  note?.studies.toSorted((a, b) => (a.study_instance_uid < b.study_instance_uid ? -1 : 1));

describe('a rejection note', () => {
  test('is read the same however its bytes are chopped, in either VR encoding', async () => {
    const note = { code: '113037', instance: '1.9', rejects };
    const explicitVR = rejectionNote(note);
    const implicit = rejectionNote({ ...note, transferSyntax: { explicitVR: false, bigEndian: false } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 }),
        fc.boolean(),
        async (cuts, isImplicit) => {
          const found = await read(
            isImplicit ? implicit : explicitVR,
            cuts,
            isImplicit ? '1.2.840.10008.1.2' : '1.2.840.10008.1.2.1',
          );
          expect(found?.code).toBe('113037');
          expect(byStudy(found)).toEqual(byStudy(said));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('is one by its title of coding scheme DCM only', async () => {
    expect(await read(rejectionNote({ code: '113000', instance: '1.9', rejects }))).toBeUndefined();
    expect(await read(rejectionNote({ scheme: '99LOCAL', instance: '1.9', rejects }))).toBeUndefined();
    expect(await read(smallInstance())).toBeUndefined();
    for (const code of ['113001', '113037', '113038', '113039'])
      expect((await read(rejectionNote({ code, instance: '1.9', rejects })))?.code).toBe(code);
  });

  test('names no more instances than one transaction is to change', async () => {
    // The document's own evidence, with references beyond the limit in place of what it names.
    const one = explicit(0x00081155, 'UI', '1.2.3.4.5.6');
    const item = Buffer.concat([
      Buffer.from('feff00e0', 'hex'),
      Buffer.from(new Uint32Array([one.length]).buffer),
      one,
    ]);
    const references = Buffer.concat(Array.from({ length: limits.rejection.instances + 1 }, () => item));
    const note = (SOPReferences: Buffer) => {
      const inside = (bytes: Buffer) =>
        Buffer.concat([Buffer.from('feff00e0', 'hex'), Buffer.from(new Uint32Array([bytes.length]).buffer), bytes]);
      const series = inside(explicit(0x00081199, 'SQ', SOPReferences));
      const study = inside(Buffer.concat([explicit(0x00081115, 'SQ', series), explicit(0x0020000d, 'UI', '1.2.3')]));
      const whole = rejectionNote({ instance: '1.9', rejects: {} });
      const empty = explicit(0x0040a375, 'SQ', '');
      const at = whole.indexOf(empty.subarray(0, 4));
      return Buffer.concat([
        whole.subarray(0, at),
        explicit(0x0040a375, 'SQ', study),
        whole.subarray(at + empty.length),
      ]);
    };
    const most = await read(note(references.subarray(item.length)));
    expect(most?.studies).toEqual([{ study_instance_uid: '1.2.3', sop_instance_uids: ['1.2.3.4.5.6'] }]);
    await expect(read(note(references))).rejects.toThrow(BadDataset);
  });
});
