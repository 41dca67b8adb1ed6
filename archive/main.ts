/**
 * The archive as a program: reads the settings, opens the archive, and closes it when it is told to.
 */
import { openProcessChannel } from '#settings/process-channel.ts';
import { BadSetting, readSettings } from '#settings/settings.ts';
import { openArchive } from './archive.ts';
import { openLog } from '#settings/log.ts';

const { log, flush } = openLog('archive');
const running = new AsyncDisposableStack();

const channel = openProcessChannel(async () => {
  log.info('stopping');
  await running.disposeAsync();
  log.info('stopped');
  flush();
});

// What nobody caught leaves us in a state that nobody knows: everything acknowledged is durable, so we end, and the
// launcher starts us again. An unhandled rejection arrives here too.
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, `unexpected ${error.name}`);
  flush();
  process.exit(1);
});

try {
  const settings = readSettings(process.env);
  const { databaseUrl } = settings;
  if (databaseUrl === undefined)
    throw new BadSetting('DATABASE_URL', '', 'the address of a PostgreSQL; "lightbox start" brings one');
  const archive = running.use(
    await openArchive({
      settings: { ...settings, databaseUrl },
      log,
      processes: channel.processes,
      recordLostSince: channel.recordLostSince,
      onAdminPassword: channel.adminPassword,
    }),
  );
  log.info(archive.addresses, 'ready');
  channel.ready(archive.addresses);
} catch (error) {
  flush();
  channel.fail(error);
}
