/**
 * The command: `lightbox start`, and everything that is done by hand.
 */
import { BadUsage, type Command } from '#commands/command.ts';
import { commands } from '#commands/all.ts';
import { readSettings } from '#settings/settings.ts';

/** @returns the exit status: 0, 1 where it failed, 2 where it was asked for in a wrong way */
export async function main(args: readonly string[]): Promise<number> {
  outliveReaders();
  const found = [...commands].find(([words]) => words.split(' ').every((word, at) => args[at] === word));
  if (found === undefined) {
    const [first = 'help'] = args;
    if (['help', '--help', '-h'].includes(first)) {
      process.stdout.write(`${await help()}\n`);
      return 0;
    }
    process.stderr.write(`"${args.join(' ')}" is no command; lightbox --help lists them.\n`);
    return 2;
  }
  const [name, load] = found;
  const command = await load();
  const rest = args.slice(name.split(' ').length);
  if (rest.includes('--help')) {
    process.stdout.write(`${helpFor(name, command)}\n`);
    return 0;
  }
  try {
    return await command.run(rest, readSettings(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (!isUsageError(error)) return 1;
    process.stderr.write(`${helpFor(name, command)}\n`);
    return 2;
  }
}

/** Whoever stops reading (`| head`, a terminal that is closed) ends neither an import nor an archive. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
}

/** Ours, or that of `parseArgs`. */
function isUsageError(error: unknown): boolean {
  return error instanceof BadUsage || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
}

async function help(): Promise<string> {
  const entries = [...commands].map(async ([name, load]) => helpFor(name, await load()));
  return ['lightbox COMMAND', '', ...(await Promise.all(entries))].join('\n');
}

function helpFor(name: string, { usage, help }: Command): string {
  return [`  lightbox ${name} ${usage}`.trimEnd(), `      ${help.en}`, `      ${help.vi}`].join('\n');
}
