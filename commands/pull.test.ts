/** Pulling over another archive: DCMTK's dcmqrscp has the studies, a whole archive of ours takes them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textValue } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { InstanceWriter } from '#index/write.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasDcmqrscp, startDcmqrscp, type RunningDcmqrscp } from '#tests/dcmqrscp.ts';
import { freePort } from '#tests/free-port.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { Gate } from '#tests/tcp-gate.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

import { isDayOf, isWithin, monthsBack, placeTime } from './pull/months.ts';
import { identifierIn, startOldArchive } from './pull/test-old-archive.ts';
import { type Ran, runCommand } from './test-command-line.ts';

const script = fileURLToPath(new URL('../lightbox.ts', import.meta.url));

test('months come newest first, each with its own last day, and tell whether they are over', () => {
  expect([...monthsBack('202311', '202403', '20240315')].map(({ range, isOver }) => [range, isOver])).toEqual([
    ['20240301-20240331', false],
    ['20240201-20240229', true],
    ['20240101-20240131', true],
    ['20231201-20231231', true],
    ['20231101-20231130', true],
  ]);
});

test('a date that no range of months finds is none of them', () => {
  for (const day of ['19900101', '20240229', '20261231'])
    expect([day, isDayOf('199001', '202612', day)]).toEqual([day, true]);
  for (const none of ['', '19000101', '20270101', '20230229', '20241301', '20240100', '2024.01.19', '2024'])
    expect([none, isDayOf('199001', '202612', none)]).toEqual([none, false]);
});

test('hours of the day may pass midnight, and are those of the site', () => {
  const night = { from: '20:00', until: '06:00' };
  expect(['19:59', '20:00', '23:59', '00:00', '05:59', '06:00'].map((time) => isWithin(night, time))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(placeTime('Asia/Ho_Chi_Minh', new Date('2026-01-31T17:05:00Z'))).toEqual({ day: '20260201', time: '00:05' });
});

describe.skipIf(!hasDcmqrscp)('from dcmqrscp', () => {
  let directory: string;
  let archive: WholeArchive;
  let dcmqrscp: RunningDcmqrscp;
  const settings = () => ({ DATA_DIR: join(directory, 'data'), DATABASE_URL: archive.postgres.url });
  const months = ['202401', '202402', '202402', '202403'];
  const studies: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-pull-'));
    archive = await startWholeArchive();
    dcmqrscp = await startDcmqrscp({ LIGHTBOX: archive.dimsePort });
    await mkdir(join(directory, 'files'));
    for (const [number, month] of months.entries())
      for (const [at, { attributes }] of [...ctSeries({ seed: 'pull', number, slices: 2 })].entries()) {
        const dated = { ...attributes, StudyDate: `${month}${number + 10}` };
        await writeFile(join(directory, 'files', `${number}-${at}.dcm`), dicomFile(dated));
        if (at === 0) studies.push(String(attributes['StudyInstanceUID']));
      }
    const sent = await runCommand({}, 'send', dcmqrscp.named, join(directory, 'files'));
    expect(sent.status).toBe(0);
  });
  afterAll(async () => {
    await dcmqrscp[Symbol.asyncDispose]();
    await archive[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const pull = (...args: string[]): Promise<Ran> =>
    runCommand(settings(), 'pull', dcmqrscp.named, '--from', '202401', '--until', '202403', ...args);
  const report = (month: string) => readFile(join(directory, 'data/pull/DCMQR', `${month}.tsv`), 'utf8');
  const held = async (): Promise<number> => {
    const { rows } = await archive.postgres.database.pool.query<{ count: number }>(
      'SELECT coalesce(sum(number_of_instances), 0)::integer AS count FROM index.study',
    );
    return rows[0]!.count;
  };

  test('a comparison fetches nothing and lists every study with its counts', async () => {
    const { status, out } = await pull('--compare');
    expect([status, out]).toEqual([
      1,
      `2024-03: 1 study there, 1 not whole
2024-02: 2 studies there, 2 not whole
2024-01: 1 study there, 1 not whole
DCMQR has 4 studies with 8 images; of these
  0 images are here
  4 studies not whole, listed in ${join(directory, 'data/pull/DCMQR')}
  Studies without a date, or with one that is none or before 1990, were not asked for: see --undated
`,
    ]);
    expect(await report('2024-01')).toBe(
      `StudyInstanceUID\tStudyDate\tthere\there\tdifference\n${studies[0]}\t20240110\t2\t0\t\n`,
    );
    expect(await held()).toBe(0);
  });

  test('everything is fetched, month by month, and a second run has nothing to do', async () => {
    const first = await pull();
    expect([first.status, first.err, first.out]).toEqual([
      0,
      '',
      expect.stringContaining('2024-02: 2 studies there, 2 fetched\n'),
    ]);
    expect(first.out).toContain('  8 images are here\n  0 studies not whole');
    expect(await held()).toBe(8);
    const second = await pull();
    expect([second.status, second.out]).toEqual([
      0,
      `DCMQR has 4 studies with 8 images; of these
  8 images are here
  0 studies not whole, listed in ${join(directory, 'data/pull/DCMQR')}
  3 months whole in an earlier run, not looked at again; --compare looks at all
  Studies without a date, or with one that is none or before 1990, were not asked for: see --undated
`,
    ]);
  });

  test('what is missing here is found by its count, and fetched again', async () => {
    const { pool } = archive.postgres.database;
    await pool.query(
      `SELECT index.forget_instance(i.id, i.key) FROM index.instance i JOIN index.series e ON e.id = i.series
       JOIN index.study s ON s.id = e.study WHERE s.study_instance_uid = $1 LIMIT 1`,
      [studies[1]],
    );
    expect(await held()).toBe(7);
    const compared = await pull('--compare');
    expect([compared.status, compared.out]).toEqual([
      1,
      expect.stringContaining('2024-02: 2 studies there, 1 not whole'),
    ]);
    const { status, out } = await pull();
    expect([status, out]).toEqual([0, expect.stringContaining('2024-02: 2 studies there, 1 fetched')]);
    expect(await held()).toBe(8);
  });

  test('a study without a date is fetched where it is asked for', async () => {
    const [sample] = ctSeries({ seed: 'pull', number: 9, slices: 1 });
    const file = join(directory, 'undated.dcm');
    await writeFile(file, dicomFile({ ...sample!.attributes, StudyDate: '' }));
    expect((await runCommand({}, 'send', dcmqrscp.named, file)).status).toBe(0);
    const without = await pull();
    expect(without.out).not.toContain('undated: ');
    expect(without.out).toContain('were not asked for: see --undated');
    const { status, out } = await pull('--undated');
    expect([status, out]).toEqual([0, expect.stringContaining('undated: 1 study there, 1 fetched\n')]);
    expect(await held()).toBe(9);
  });

  test('outside its hours nothing is fetched, and Ctrl-C ends the wait with the report written', async () => {
    await archive.postgres.database.pool.query('SELECT index.forget_instance(id, key) FROM index.instance');
    await rm(join(directory, 'data/pull'), { recursive: true });
    const inHours = (hours: number) => placeTime('Asia/Ho_Chi_Minh', new Date(Date.now() + hours * 3_600_000)).time;
    const [from, until] = [inHours(6), inHours(7)];
    const options = ['--from', '202403', '--until', '202403', '--between', `${from}-${until}`];
    const child = spawn(process.execPath, [script, 'pull', dcmqrscp.named, ...options], {
      env: { PATH: process.env['PATH'], ...settings(), SITE_TIME_ZONE: 'Asia/Ho_Chi_Minh' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'close');
    let out = '';
    let isInterrupted = false; // a second Ctrl-C would not wait for the report
    for await (const piece of child.stdout.setEncoding('utf8')) {
      out += piece as string;
      if (!isInterrupted && out.includes(`Waiting for ${from}.\n`)) isInterrupted = child.kill('SIGINT');
    }
    expect((await ended)[0]).toBe(1);
    expect(out).toContain('Interrupted; run it again to go on.');
    expect(await report('2024-03')).toContain(`${studies[3]}\t20240313\t2\t0\t`);
    expect(await held()).toBe(0);
  });

  test('an archive that is not there, and a Lightbox that does not run, are said at once', async () => {
    const nobody = await runCommand(settings(), 'pull', `DCMQR@127.0.0.1:${await freePort()}`);
    expect([nobody.status, nobody.err]).toEqual([1, expect.stringContaining('Nothing listens at 127.0.0.1')]);
    const alone = await runCommand({ DATA_DIR: join(directory, 'nothing') }, 'pull', dcmqrscp.named);
    expect([alone.status, alone.err]).toEqual([1, expect.stringContaining('No Lightbox is running on DATA_DIR')]);
  });

  test('a study at which the archive breaks off keeps no other back, and an archive that is away is waited for', async () => {
    await archive.postgres.database.pool.query('SELECT index.forget_instance(id, key) FROM index.instance');
    await rm(join(directory, 'data/pull'), { recursive: true, force: true });
    const [, poisonous, , awayAt] = studies as [string, string, string, string];
    let wasAway = false;
    // What is counted image by image, and what is moved, names its study.
    await using gate = await Gate.before({ host: '127.0.0.1', port: dcmqrscp.port }, (piece) => {
      if (piece.includes(awayAt) && !wasAway) {
        wasAway = true;
        // Longer than a busy machine takes to come back to it.
        void gate.shut().then(() => setTimeout(() => void gate.open(), 3000));
      }
      return piece.includes(poisonous);
    });
    const months = ['--from', '202401', '--until', '202403'];
    const { status, out, err } = await runCommand(settings(), 'pull', `DCMQR@127.0.0.1:${gate.port}`, ...months);
    expect([status, out]).toEqual([1, expect.stringContaining('2024-03: 1 study there, 1 fetched\n')]);
    expect(out).toContain('2024-02: 2 studies there, 1 fetched, 1 not whole\n2024-01: 1 study there, 1 fetched\n');
    expect(await report('2024-02')).toContain(`${poisonous}\t20240211\t\t0\tDCMQR ended the association (`);
    expect(await held()).toBe(6);
    expect(err).toContain('Trying again in 2 s.');
  });

  test('an image at which the archive breaks off keeps no other of its study back, and is named in the report', async () => {
    await archive.postgres.database.pool.query('SELECT index.forget_instance(id, key) FROM index.instance');
    await rm(join(directory, 'data/pull'), { recursive: true, force: true });
    const [series, bad] = ['SeriesInstanceUID', 'SOPInstanceUID'].map((keyword) => {
      const { attributes } = [...ctSeries({ seed: 'pull', number: 1, slices: 2 })][0]!;
      return String(attributes[keyword]);
    }) as [string, string];
    // It breaks off wherever the bad image would be among what it sends, and lists it all the same.
    await using gate = await Gate.before({ host: '127.0.0.1', port: dcmqrscp.port }, (piece) => {
      const asksFor = (level: string, uid: string): boolean => piece.includes(level) && piece.includes(uid);
      return asksFor('STUDY ', studies[1]!) || asksFor('SERIES', series) || asksFor('IMAGE ', bad);
    });
    const months = ['--from', '202401', '--until', '202403'];
    const { status, out } = await runCommand(settings(), 'pull', `DCMQR@127.0.0.1:${gate.port}`, ...months);
    expect([status, out]).toEqual([1, expect.stringContaining('2024-02: 2 studies there, 1 fetched, 1 not whole\n')]);
    expect(await report('2024-02')).toContain(
      `${studies[1]}\t20240211\t2\t1\t1 image not sent (${bad}): DCMQR ended the association (`,
    );
    expect(await held()).toBe(7);
    // Mended there: the next run fetches what lacks.
    expect((await pull()).status).toBe(0);
    expect(await held()).toBe(8);
  });

  test('an archive that does not know who shall receive is told in the report, study by study', async () => {
    const { pool } = archive.postgres.database;
    await pool.query('SELECT index.forget_instance(id, key) FROM index.instance');
    await rm(join(directory, 'data/pull'), { recursive: true, force: true });
    const { status, out } = await pull('--to', 'NOBODY', '--from', '202403');
    expect([status, out]).toEqual([1, expect.stringContaining('2024-03: 1 study there, 1 not whole\n')]);
    expect(await report('2024-03')).toContain(`${studies[3]}\t20240313\t2\t0\tA801 move destination unknown`);
  });

  test('a study of which no image is counted or listed is sent for all the same', async () => {
    await archive.postgres.database.pool.query('SELECT index.forget_instance(id, key) FROM index.instance');
    await using writer = new InstanceWriter(archive.postgres.url);
    const StudyInstanceUID = '1.2.3';
    const image = { StudyInstanceUID, SeriesInstanceUID: '1.2.3.1', SOPInstanceUID: '1.2.3.1.1' };
    let arrives = false;
    const find = async (request: Request) => {
      const { identifier, syntax } = await identifierIn(request);
      const keys = new Map([
        [tagOf('StudyInstanceUID'), StudyInstanceUID],
        [tagOf('StudyDate'), '20240105'],
      ]);
      if (textValue(identifier, tagOf('QueryRetrieveLevel')) === 'STUDY')
        await request.pending({ status: 0xff00, identifier: serializeDataset(queryIdentifier('STUDY', keys), syntax) });
      return { status: 0 };
    };
    const move = async () => {
      if (arrives) await writer.write(indexedInstance(image));
      return { status: 0 };
    };
    await using old = await startOldArchive({
      [verificationSOPClass]: { 'C-ECHO-RQ': async () => ({ status: 0 }) },
      [studyRoot.find]: { 'C-FIND-RQ': find },
      [studyRoot.move]: { 'C-MOVE-RQ': move },
    });
    const pullIt = () => runCommand(settings(), 'pull', old.named, '--from', '202401', '--until', '202401');
    const report = () => readFile(join(directory, 'data/pull/OLD/2024-01.tsv'), 'utf8');
    expect((await pullIt()).out).toContain('2024-01: 1 study there, 1 not whole\n');
    expect(await report()).toContain('1.2.3\t20240105\t\t0\tno image of it is counted or listed there');
    arrives = true;
    expect(await pullIt()).toMatchObject({ status: 0, out: expect.stringContaining('1 study there, 1 fetched\n') });
    expect(await report()).toContain('1.2.3\t20240105\t1\t1\t\n');
  });
});
