import { expect, test } from 'vitest';
import { printable, printableLine } from './printable.ts';

// What a terminal would obey: colours, a title, a line written over, another direction of writing.
const steering = 'a\u001b[31mb\u001b]0;title\u0007c\rd\u009b2Je\u202ef';

test('text of a stranger steers no terminal', () => {
  expect(printable(` ${steering} `)).toBe('a [31mb ]0;title c d 2Je f');
});

test('a line that it stands in keeps what we wrote around it', () => {
  expect(printableLine(`  archive: request failed (${steering})`)).toBe(
    '  archive: request failed (a [31mb ]0;title c d 2Je f)',
  );
  expect(printableLine('  Địa chỉ: http://127.0.0.1/')).toBe('  Địa chỉ: http://127.0.0.1/');
});
