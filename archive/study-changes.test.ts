import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '#access/caller.ts';
import { startTestDicomweb, type TestDicomweb } from '#archive/dicomweb/test-dicomweb.ts';
import { openStudyChanges } from '#archive/study-changes.ts';
import { uid } from '#dicom/data/uid.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

test('a caller is told of what changes in its own studies only, and of a study of which nothing is left to see', async () => {
  const { database } = dicomweb.postgres;
  const changes = openStudyChanges({ database, log: pino({ level: 'silent' }) });
  const hear = async (studies: Caller['scope']['studies']) => {
    const heard: string[] = [];
    const caller: Caller = { kind: 'account', name: 'a', rights: new Set(['read']), scope: { studies } };
    const stop = await changes.listen(caller, {
      studies: (changed) => void heard.push(...(changed === 'many' ? ['many'] : changed)),
      steps() {},
      sends() {},
      worklist() {},
    });
    return { heard, stop };
  };
  const [all, own] = [await hear('all'), await hear([uid('9.1')])];
  await dicomweb.stow(smallInstance({ study: '9.2', series: '9.2.1', instance: '9.2.1.1' }));
  await expect.poll(() => all.heard).toContain('9.2');
  await dicomweb.stow(smallInstance({ study: '9.1', series: '9.1.1', instance: '9.1.1.1' }));
  await expect.poll(() => own.heard).toContain('9.1');
  all.heard.splice(0);
  await database.pool.query(
    `UPDATE index.study SET is_empty = true, changed_at = now() WHERE study_instance_uid = '9.2'`,
  );
  await expect.poll(() => all.heard).toContain('9.2');
  expect(new Set(own.heard)).toEqual(new Set(['9.1']));
  all.stop();
  own.stop();
});
