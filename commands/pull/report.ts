/**
 * What a pull has found and fetched: a table for each month, study by study, there and here. It is the report, and it is
 * where a pull that is started again goes on. No names stand in it.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { printable } from '../printable.ts';

export interface StudyCounts {
  readonly StudyInstanceUID: string;
  readonly StudyDate: string;
  /** Instances that the other archive says it has; undefined where it does not say. */
  readonly there: number | undefined;
  readonly here: number;
  /** Why not all of it is here. */
  readonly cause?: string | undefined;
}

export const isComplete = ({ there, here }: StudyCounts): boolean => there !== undefined && here >= there;

export interface Totals {
  studies: number;
  instancesThere: number;
  instancesHere: number;
  /** Studies of which not all is here. */
  differences: number;
}

const head = 'StudyInstanceUID\tStudyDate\tthere\there\tdifference';

export class Report {
  readonly directory: string;

  constructor(dataDir: string, aeTitle: string) {
    // An AE title may hold nearly any character; as a name of a directory it may not lead elsewhere.
    this.directory = join(dataDir, 'pull', encodeURIComponent(aeTitle).replaceAll('.', '%2E').replaceAll('*', '%2A'));
  }

  /** undefined when the month was not looked at yet. */
  async read(month: string): Promise<StudyCounts[] | undefined> {
    const text = await readFile(join(this.directory, `${month}.tsv`), 'utf8').catch(noneYet);
    if (text === undefined) return undefined;
    const lines = text.split('\n').slice(1).filter(Boolean);
    return lines.map((line) => {
      const [StudyInstanceUID = '', StudyDate = '', there = '', here = '', cause = ''] = line.split('\t');
      return {
        StudyInstanceUID,
        StudyDate,
        there: there === '' ? undefined : Number(there),
        here: Number(here),
        ...(cause !== '' && { cause }),
      };
    });
  }

  /** Whole or not at all. */
  async write(month: string, studies: readonly StudyCounts[]): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    // What the other archive says shall neither steer a terminal nor make further columns or lines.
    const lines = studies.map(({ StudyInstanceUID, StudyDate, there, here, cause = '' }) =>
      [printable(StudyInstanceUID), printable(StudyDate), there ?? '', here, printable(cause)].join('\t'),
    );
    const path = join(this.directory, `${month}.tsv`);
    await writeFile(`${path}.new`, [head, ...lines, ''].join('\n'), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Of every month that there is. */
  async totals(): Promise<Totals> {
    const totals = { studies: 0, instancesThere: 0, instancesHere: 0, differences: 0 };
    const names = await readdir(this.directory).catch(noneYet);
    for (const name of names ?? []) {
      if (!name.endsWith('.tsv')) continue;
      for (const study of (await this.read(name.slice(0, -4))) ?? []) {
        totals.studies++;
        totals.instancesThere += study.there ?? 0;
        totals.instancesHere += study.here;
        if (!isComplete(study)) totals.differences++;
      }
    }
    return totals;
  }
}

/** Where it cannot be read for another reason, nothing shall be fetched or written in its place. */
function noneYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
