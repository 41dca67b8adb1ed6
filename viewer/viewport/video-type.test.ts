import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { videoEnding } from './video-type.ts';

const stored = (ending: string) => dataset({ '00083002': [`1.2.840.10008.1.2.4.${ending}`] });
const h264 = stored('102');
const mpeg2 = stored('100');
const box = Uint8Array.from([0, 0, 0, 24, ...new TextEncoder().encode('ftypisom')]);
const packets = (before: number) => {
  const bytes = new Uint8Array(2 * 188 + before);
  for (const at of [before, before + 188]) bytes[at] = 0x47;
  return bytes;
};

test('a copy of a video is named by what its stream is packed in, not by its transfer syntax', () => {
  expect(videoEnding(h264, box)).toBe('mp4');
  expect(videoEnding(mpeg2, box)).toBe('mp4');
  expect(videoEnding(h264, packets(0))).toBe('ts');
  expect(videoEnding(mpeg2, packets(4))).toBe('m2ts');
  expect(videoEnding(mpeg2, Uint8Array.of(0, 0, 1, 0xba))).toBe('mpg');
  expect(videoEnding(h264, Uint8Array.of(0, 0, 1, 0xba))).toBe('mpg');
});

test('a bare stream is named by its coding', () => {
  expect(videoEnding(h264, Uint8Array.of(0, 0, 0, 1, 0x67))).toBe('h264');
  expect(videoEnding(stored('107'), Uint8Array.of(0, 0, 1, 0x40))).toBe('h265');
  expect(videoEnding(mpeg2, Uint8Array.of(0, 0, 1, 0xb3))).toBe('mpg');
});

test('what cannot be told, or has not come, has the ending of most', () => {
  const nothing = new Uint8Array();
  expect([h264, mpeg2].map((video) => videoEnding(video, nothing))).toEqual(['mp4', 'mpg']);
});
