/**
 * What the tests of complete studies begin with: a database whose studies and steps are gone before each test, and in which somebody
 * called "test" listens. To be called at the top of a test file; it puts up and takes down by vitest's hooks.
 */
import { beforeEach } from 'vitest';
import { completeQuietStudies, listenToCompleted, takeCompleted } from '#index/completeness.ts';
import { emptiedIndex } from './emptied-index.ts';
import { indexedInstance } from './indexed-instance.ts';

export function completedStudies() {
  const { database, write } = emptiedIndex([
    'site.performed_step',
    'site.study_completed',
    'site.study_completed_consumer',
  ]);
  beforeEach(() => listenToCompleted(database(), 'test'));

  return {
    database,
    store: (StudyInstanceUID: string, number = 1) => write(indexedInstance({ StudyInstanceUID }, number)),
    minutesPass: (minutes: number) =>
      database().pool.query('UPDATE index.study SET changed_at = changed_at - make_interval(mins => $1)', [minutes]),
    /** Calls complete what nothing came for in two minutes. @returns how many studies */
    quiet: () => completeQuietStudies(database(), 120, 100),
    /** What a listener is told of and has then heard: `1.2.3 quiet`. */
    async taken(name = 'test', limit = 100): Promise<string[]> {
      const all: string[] = [];
      await takeCompleted(database(), name, limit, async (studies) => {
        for (const { StudyInstanceUID, by } of studies) all.push(`${StudyInstanceUID} ${by}`);
      });
      return all;
    },
  };
}
