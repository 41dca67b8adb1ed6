import { expect, test } from 'vitest';
import { asWritten, parseWritten } from './as-written.ts';

test('what is shown stays in its line; what is handed back, or told from others, is as it was written', () => {
  const turned = 'BN\u202e4321';
  const entries = [{ attributes: { PatientID: turned, stations: [turned] } }, { attributes: { PatientID: 'BN4321' } }];
  const shown = parseWritten<typeof entries>(JSON.stringify(entries));
  const ofShown = shown.map(({ attributes }) => attributes);
  expect(ofShown.map(({ PatientID }) => PatientID)).toEqual(['BN4321', 'BN4321']);
  expect(ofShown.map(asWritten)).toEqual(entries.map(({ attributes }) => attributes));
  expect(asWritten(shown[0])).toEqual(entries[0]);
  expect(asWritten(undefined)).toBeUndefined();
});
