import { expect, test } from 'vitest';
import { fromStatus, problemIn } from './archive-client.ts';

const answered = (problem: { code: string; detail: string }) => {
  const { trouble, detail } = fromStatus(403, problemIn(JSON.stringify(problem)));
  return { trouble, detail };
};

test('who lacks a right is told so in our words; who came by another address is told in those of the archive', () => {
  expect(answered({ code: 'notAuthorized', detail: 'this caller may not read' })).toEqual({ trouble: 'notAllowed' });
  const detail = 'a page of another origin may not do this: …';
  expect(answered({ code: 'otherOrigin', detail })).toEqual({ trouble: 'notUnderstood', detail });
});
