import { expect, test } from 'vitest';
import { explicitLittleEndian, implicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { InstanceRow } from '#index/instances.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { chooser } from './instances.ts';

const instance = (syntax: TransferSyntax, bits_allocated: number): RetrievedInstance => ({
  syntax,
  row: { pixel_offset: 1000, bits_allocated, samples_per_pixel: 1 } as InstanceRow,
});

test('what a client accepts is read once for all of twenty thousand instances that are offered alike', () => {
  let read = 0;
  const choose = chooser({
    get header() {
      read++;
      return 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80';
    },
  });
  const kinds = [
    instance(explicitLittleEndian, 16),
    instance(implicitLittleEndian, 16),
    instance(explicitLittleEndian, 1),
  ];
  for (let at = 0; at < 20_000; at++) {
    const each = kinds[at % kinds.length] as RetrievedInstance;
    const chosen = choose(each);
    // JPEG-LS holds no single bits.
    if (each.row.bits_allocated === 1) expect(chosen).toBeUndefined();
    else expect(chosen).toMatchObject({ instance: each, syntax: { uid: '1.2.840.10008.1.2.4.80' }, single: false });
  }
  expect(read).toBe(kinds.length);
});
