import { expect, test } from 'vitest';
import { wheelSteps } from './gestures.ts';

const notch = (count: number) => ({ deltaMode: 0, deltaY: 100 * count, wheelDeltaY: -120 * count });

test('a notch of the wheel is one image, however many pixels the system makes of it', () => {
  expect(wheelSteps(notch(1), 500)).toBe(1);
  expect(wheelSteps(notch(-1), 500)).toBe(-1);
  expect(wheelSteps({ deltaMode: 0, deltaY: 480, wheelDeltaY: -120 } as never, 500)).toBe(1);
  expect(wheelSteps({ deltaMode: 1, deltaY: 3 }, 500)).toBe(1);
});

test('notches that a busy browser makes one event of count one by one', () => {
  expect(wheelSteps(notch(7), 200)).toBe(7);
  expect(wheelSteps(notch(-7), 200)).toBe(-7);
});

test('no more notches count than can have been turned in the time', () => {
  expect(wheelSteps(notch(10), 16)).toBe(1);
  expect(wheelSteps(notch(10), 60)).toBe(5);
});

test('small steps of a touchpad add up to one image', () => {
  const small = { deltaMode: 0, deltaY: 10, wheelDeltaY: -30 };
  expect(wheelSteps(small, 16)).toBe(0.25);
});
