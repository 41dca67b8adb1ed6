import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, number } from './dicom-json.ts';

const position = (at: number): JsonDataset => ({
  '00209113': { vr: 'SQ', Value: [{ '00200032': { vr: 'DS', Value: [at, 0, 0] } }] },
});

test('of the functional groups of a film only that of the frame is looked at, however many frames it has', () => {
  let read = 0;
  const groups = new Proxy(
    Array.from({ length: 1000 }, (_, at) => position(at)),
    {
      get(all, name, receiver) {
        if (/^\d+$/.test(String(name))) read += 1;
        return Reflect.get(all, name, receiver) as unknown;
      },
    },
  );
  const film: JsonDataset = { '52009230': { vr: 'SQ', Value: groups } };
  for (const frame of [1, 500, 1000])
    expect(number(functionalGroup(film, '00209113', frame), '00200032')).toBe(frame - 1);
  expect(read).toBe(3);
});

test('what is no item of a sequence has no functional group, and the others stay those of their frames', () => {
  const film: JsonDataset = { '52009230': { vr: 'SQ', Value: ['no item', null, position(2)] } };
  expect(functionalGroup(film, '00209113', 1)).toBe(film);
  expect(functionalGroup(film, '00209113', 2)).toBe(film);
  expect(number(functionalGroup(film, '00209113', 3), '00200032')).toBe(2);
});
