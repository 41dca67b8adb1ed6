import { expect, test } from 'vitest';
import { saidInstead } from './user-identity.ts';

test('what is said in the place of a name and its passcode has a word, whatever it is', () => {
  const said = (type: number) =>
    saidInstead({ type, positiveResponseRequested: true, primary: Buffer.from('x'), secondary: Buffer.alloc(0) });
  expect(saidInstead(undefined)).toBe('none was given');
  expect([1, 3, 4, 5, 9].map(said)).toEqual([
    'a name without its passcode',
    'a Kerberos ticket',
    'a SAML assertion',
    'a JSON Web Token',
    'of type 9',
  ]);
});
