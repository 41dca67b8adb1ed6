import { expect, test } from 'vitest';
import { numberIn, ScannedKeys } from './scanner.ts';

const card = '001099012345|012345678|Nguyễn Văn Anh|01011990|Nam|Số 1, Hà Nội|01012022';

/** The code that is taken from these keys, typed one every `ms`. */
function codeOf(typed: readonly string[], ms: number, change: object = {}): string | undefined {
  const keys = new ScannedKeys();
  let at = 1_000;
  let code: string | undefined;
  for (const key of typed) {
    const scanned = keys.press({ key, timeStamp: at, repeat: false, ctrlKey: false, metaKey: false, ...change });
    if (scanned?.is === 'code') code = scanned.characters;
    at += ms;
  }
  return code;
}

test.for([1, 10, 30, 45])('a code with a key every %d ms and Enter behind it was scanned', (ms) => {
  expect(codeOf([...card, 'Enter'], ms)).toBe(card);
  expect(codeOf([...'100004', 'Enter'], ms)).toBe('100004');
});

test('what a person types was not, however quick, nor a key that is held down, nor a shortcut', () => {
  expect(codeOf([...'nguyen van anh', 'Enter'], 60)).toBeUndefined();
  expect(codeOf([...'11111111', 'Enter'], 30, { repeat: true })).toBeUndefined();
  expect(codeOf([...'12345678', 'Enter'], 5, { ctrlKey: true })).toBeUndefined();
});

test('a code without Enter, and one too short for a number, are none', () => {
  expect(codeOf([...card], 5)).toBeUndefined();
  expect(codeOf([...'CT', 'Enter'], 5)).toBeUndefined();
});

test('what was typed before the scan is no part of it', () => {
  const keys = new ScannedKeys();
  const press = (key: string, timeStamp: number) =>
    keys.press({ key, timeStamp, repeat: false, ctrlKey: false, metaKey: false });
  [...'anh'].forEach((key, at) => press(key, at * 160));
  [...'001099012345'].forEach((key, at) => press(key, 1_000 + at * 10));
  expect(press('Enter', 1_120)).toEqual({ is: 'code', characters: '001099012345' });
  expect(press('Enter', 1_130)).toBeUndefined();
});

test('the rest of a code that was held up is no code: all of it stands in the box, which its Enter searches for', () => {
  const keys = new ScannedKeys();
  const press = (key: string, timeStamp: number) =>
    keys.press({ key, timeStamp, repeat: false, ctrlKey: false, metaKey: false });
  [...'001099012345|0123'].forEach((key, at) => press(key, at * 10));
  [...'45678|A'].forEach((key, at) => press(key, 2_100 + at * 10));
  expect(press('Enter', 2_200)).toBeUndefined();
  [...'001099012345|0123'].forEach((key, at) => press(key, 5_000 + at * 10));
  [...'45678|A'].forEach((key, at) => press(key, 5_500 + at * 10));
  expect(press('Enter', 5_600)).toEqual({ is: 'code', characters: '001099012345|012345678|A' });
});

test('a code that comes by fits and starts is not cut: none of it is taken, and the box has it all', () => {
  const keys = new ScannedKeys();
  const press = (key: string, timeStamp: number) =>
    keys.press({ key, timeStamp, repeat: false, ctrlKey: false, metaKey: false });
  [...'0010'].forEach((key, at) => press(key, at * 90));
  [...'99012345'].forEach((key, at) => press(key, 650 + at * 10));
  expect(press('Enter', 740)).toBeUndefined();
});

test('whoever edits what was scanned types from then on', () => {
  expect(codeOf([...'0010990123456', 'Backspace', '7', 'Enter'], 10)).toBeUndefined();
});

test('keys without a character, as capitals and letters with accents need them, belong to the code and add nothing', () => {
  expect(codeOf(['Shift', 'L', 'Shift', 'B', '-', '1', '0', '0', '0', 'Alt', 'Enter'], 10)).toBe('LB-1000');
});

test('a scanner is known by its third character', () => {
  const keys = new ScannedKeys();
  const found = [...'00109'].map((key, at) =>
    keys.press({ key, timeStamp: at * 10, repeat: false, ctrlKey: false, metaKey: false }),
  );
  expect(found).toEqual([{ is: 'first' }, undefined, { is: 'scanning', characters: '001' }, undefined, undefined]);
});

test('of a card with fields the number is taken, of a label all of it', () => {
  expect(numberIn(card)).toBe('001099012345');
  expect(numberIn('BN-2026/0001')).toBe('BN-2026/0001');
  expect(numberIn('A|B')).toBe('A|B');
});
