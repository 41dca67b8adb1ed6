import { expect, test } from 'vitest';
import { uid } from '../data/uid.ts';
import { planAssociations, type Storable, waysOver } from './store-contexts.ts';
import type { AcceptedContext } from '../network/agreement.ts';

const implicitLE = '1.2.840.10008.1.2';
const explicitLE = '1.2.840.10008.1.2.1';
const rle = '1.2.840.10008.1.2.5';
const jpegLS = '1.2.840.10008.1.2.4.80';
const jpeg2000 = '1.2.840.10008.1.2.4.91';
const lossless = [{ uid: rle }, { uid: jpegLS }];

const stored = (transferSyntaxUID: string, sopClassUID = '1.2.3'): Storable => ({ sopClassUID, transferSyntaxUID });
const proposed = (instances: readonly Storable[]): (readonly string[])[] =>
  planAssociations(instances, (each) => each, lossless).flatMap(({ contexts }) =>
    contexts.map(({ transferSyntaxes }) => transferSyntaxes),
  );

test('a SOP class is proposed as it is stored, uncompressed, and in one context compressed', () => {
  expect(proposed([stored(explicitLE), stored(jpeg2000)])).toEqual([
    [explicitLE],
    [jpeg2000],
    [implicitLE],
    [rle, jpegLS],
  ]);
  expect(proposed([stored(rle)])).toEqual([[rle], [explicitLE, implicitLE], [jpegLS]]);
});

test('what can be compressed into nothing is proposed in no such context', () => {
  const [planned] = planAssociations([stored(explicitLE)], (each) => each);
  expect(planned?.contexts.map(({ transferSyntaxes }) => transferSyntaxes)).toEqual([[explicitLE], [implicitLE]]);
});

test('an association has at most 128 contexts, and all of those of a class', () => {
  const instances = Array.from({ length: 43 }, (_, at) => stored(jpeg2000, `1.2.3.${at}`));
  const planned = planAssociations(instances, (each) => each, lossless);
  expect(planned.map(({ contexts }) => contexts.length)).toEqual([126, 3]);
  expect(planned.map((each) => each.instances.length)).toEqual([42, 1]);
});

test('an instance goes as stored, else in Explicit, then in Implicit VR, and compressed only where nothing else is taken', () => {
  const accepted = [jpegLS, rle, implicitLE, explicitLE, jpeg2000].map((syntax, at): AcceptedContext => ({
    id: 2 * at + 1,
    abstractSyntax: uid('1.2.3'),
    transferSyntax: uid(syntax),
    asSCU: true,
    asSCP: false,
  }));
  const ways = [5, 4, 3, 2, 1].map((count) => waysOver(accepted.slice(0, count), lossless)(stored(jpeg2000)));
  expect(ways).toEqual([
    { contextId: 9, transferSyntaxUID: jpeg2000, isAsStored: true },
    { contextId: 7, transferSyntaxUID: explicitLE, isAsStored: false },
    { contextId: 5, transferSyntaxUID: implicitLE, isAsStored: false },
    { contextId: 3, transferSyntaxUID: rle, isAsStored: false },
    { contextId: 1, transferSyntaxUID: jpegLS, isAsStored: false },
  ]);
  expect(waysOver(accepted.slice(0, 2))(stored(jpeg2000))).toBeUndefined();
});
