/**
 * `lightbox start`: runs Lightbox until Ctrl-C.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { BadUsage, type Command } from './command.ts';
import { launch } from './launcher.ts';
import { printableLine } from './printable.ts';

/** The programs are named, not imported: they run as processes of their own. */
const scripts = {
  archive: fileURLToPath(new URL('../archive/main.ts', import.meta.url)),
  worker: fileURLToPath(new URL('../worker/main.ts', import.meta.url)),
};

export const start: Command = {
  usage: '',
  help: {
    en: 'starts everything and prints where it answers; Ctrl-C stops it',
    vi: 'khởi động tất cả và in địa chỉ; Ctrl-C để dừng',
  },
  async run(args, settings) {
    if (parseArgs({ args: [...args], allowPositionals: true }).positionals.length > 0)
      throw new BadUsage('start takes no argument');
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
    // A closed terminal must not end us before we have stopped everything.
    for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
    // Whatever we and our programs make in DATA_DIR is for us alone.
    process.umask(0o077);
    try {
      await launch({
        settings,
        environment: process.env,
        scripts,
        print: (line) => process.stdout.write(`${printableLine(line)}\n`),
        signal: stop.signal,
      });
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    return 0;
  },
};
