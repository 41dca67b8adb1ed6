/**
 * `lightbox pull`: fetches everything that another archive has, month by month and study by study (C-FIND, C-MOVE to us),
 * and reports what is there and here. Safe to repeat: what is here already is not fetched again.
 */
import { variables } from '#settings/variables.ts';

import { BadUsage, type Command } from './command.ts';
import { isDataDirLocked, refuseOfAnother } from './data-dir-lock.ts';
import { interruptible } from './interruptible.ts';
import { peerUsage, readPeerArgs } from './peer.ts';
import { beginning, type Hours, monthAfter, placeTime } from './pull/months.ts';
import { Pull, type PullOptions } from './pull/pulling.ts';
import { withDatabase } from './with-database.ts';

const mostAtOnce = 16;

export const pull: Command = {
  usage: `AET@host:port [--from YYYYMM] [--until YYYYMM] [--undated] [--at-once 2] [--between 20:00-06:00] [--compare] [--to AET] ${peerUsage}`,
  help: {
    en: 'fetches everything that another archive has, newest month first, and reports what is there and here; run again, it goes on',
    vi: 'lấy toàn bộ ảnh của một kho khác về, từ tháng mới nhất, và báo cáo số ảnh bên đó và bên này; chạy lại thì làm tiếp',
  },
  async run(args, settings) {
    const { peer, others, values } = await readPeerArgs(args, settings, {
      from: { type: 'string', default: beginning },
      until: { type: 'string' },
      undated: { type: 'boolean', default: false },
      'at-once': { type: 'string', default: '2' },
      between: { type: 'string' },
      compare: { type: 'boolean', default: false },
      to: { type: 'string', default: settings.dimse.aeTitle },
    });
    if (others.length > 0) throw new BadUsage('pull takes one AET@host:port');
    const to = variables.AE_TITLE.read.safeParse(values.to);
    if (!to.success) throw new BadUsage('--to names who receives, by the AE title that the other archive knows us by');
    const today = placeTime(settings.siteTimeZone).day;
    const options: PullOptions = {
      destination: to.data,
      from: readMonth('--from', values.from),
      // A modality whose clock is fast has sent from tomorrow, which may be next month.
      until: readMonth('--until', values.until ?? monthAfter(today)),
      atOnce: readAtOnce(values['at-once']),
      hours: readHours(values.between),
      undated: values.undated,
      compareOnly: values.compare,
    };
    const { dataDir, databaseUrl } = settings;
    // Its report lies there, and the next pull goes on with it.
    await refuseOfAnother(dataDir);
    if (!options.compareOnly && databaseUrl === undefined && !(await isDataDirLocked(dataDir)))
      throw new Error(`No Lightbox is running on DATA_DIR ${dataDir}; start it ("npm start") and pull again.`);
    return await interruptible((signal) =>
      withDatabase(settings, (database) => new Pull(peer, options, database, settings, signal).run(today)),
    );
  },
};

function readMonth(option: string, text: string): string {
  if (!/^\d{4}(0[1-9]|1[0-2])$/.test(text)) throw new BadUsage(`${option} takes a month, as in 202601`);
  return text;
}

function readAtOnce(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > mostAtOnce)
    throw new BadUsage(`--at-once takes a whole number, 1 to ${mostAtOnce}`);
  return count;
}

function readHours(text: string | undefined): Hours | undefined {
  if (text === undefined) return undefined;
  const [, from, until] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(text) ?? [];
  if (from === undefined || until === undefined || from === until)
    throw new BadUsage('--between takes two times of day, as in 20:00-06:00');
  return { from, until };
}
