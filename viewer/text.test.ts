import { expect, test } from 'vitest';
import { addTexts, language, text, texts, type Msg } from './text.ts';
import { accountsTexts } from './texts/accounts.ts';
import { associationTexts } from './texts/association.ts';
import { devicesTexts } from './texts/devices.ts';
import { failuresTexts } from './texts/failures.ts';
import { flagsTexts } from './texts/flags.ts';
import { ownPasswordTexts } from './texts/own-password.ts';
import { measuringTexts } from './texts/measuring.ts';
import { readingRoomTexts } from './texts/reading-room.ts';
import { rejectionsTexts } from './texts/rejections.ts';
import { samplesTexts } from './texts/samples.ts';
import { sendingTexts } from './texts/sending.ts';
import { statusTexts } from './texts/status.ts';
import { toolsTexts } from './texts/tools.ts';
import { uploadTexts } from './texts/upload.ts';
import { worklistTexts } from './texts/worklist.ts';

const parts = {
  accountsTexts,
  associationTexts,
  devicesTexts,
  failuresTexts,
  flagsTexts,
  ownPasswordTexts,
  measuringTexts,
  toolsTexts,
  readingRoomTexts,
  rejectionsTexts,
  samplesTexts,
  sendingTexts,
  statusTexts,
  uploadTexts,
  worklistTexts,
};
// Before anything is added.
const shell = structuredClone(texts);
for (const part of Object.values(parts)) addTexts(part);

const placesOf = (message: string) => (message.match(/\{\w+\}/g) ?? []).toSorted();

test('each English message has the same places to fill in as the Vietnamese one', () => {
  for (const message of Object.keys(texts.vi) as Msg[]) {
    expect([message, placesOf(texts.en[message] ?? '')]).toEqual([message, placesOf(texts.vi[message] ?? '')]);
  }
});

test('a message that several parts bring has the same words in all of them: the last one loaded would change them for the others', () => {
  for (const words of ['vi', 'en'] as const) {
    const met = new Map<string, string>(Object.entries(shell[words]));
    for (const [part, { [words]: own }] of Object.entries(parts)) {
      for (const [message, said] of Object.entries(own)) {
        expect([part, message, said]).toEqual([part, message, met.get(message) ?? said]);
        met.set(message, said);
      }
    }
  }
});

test('a message follows the language at the moment it is asked for', () => {
  language.value = 'vi';
  expect(text('imageOf', { n: 3, total: 21 })).toBe('Ảnh 3 / 21');
  language.value = 'en';
  expect(text('imageOf', { n: 3, total: 21 })).toBe('Image 3 / 21');
});

test('what is filled in is taken literally, braces and all', () => {
  language.value = 'en';
  expect(text('openStudy', { name: '{n} <b>$&</b>' })).toBe('Open the study of {n} <b>$&</b>');
});

test('one image is an image, none and two are images', () => {
  language.value = 'en';
  expect([0, 1, 2].map((n) => text('imageCount', { n }))).toEqual(['0 images', '1 image', '2 images']);
});
