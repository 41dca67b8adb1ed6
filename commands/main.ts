/**
 * The command: `lightbox start`, and everything that is done by hand.
 */
import { nearest } from '#settings/misspelt.ts';
import { readSettings } from '#settings/settings.ts';
import { version } from '#settings/version.ts';
import { BadUsage, type Command } from './command.ts';
import { commands } from './all.ts';
import { printableLine } from './printable.ts';

type Named = readonly [name: string, load: () => Promise<Command>];

/** After the name of a command as well as before it. */
const helpOptions: readonly string[] = ['--help', '-h'];

/** @returns the exit status: 0, 1 where it failed, 2 where it was asked for in a wrong way */
export async function main(args: readonly string[]): Promise<number> {
  outliveReaders();
  const [first = 'help'] = args;
  if (first === '--version') {
    process.stdout.write(`lightbox ${version}\n`);
    return 0;
  }
  const wantsHelp = first === 'help' || args.some((word) => helpOptions.includes(word));
  const words = wantsHelp
    ? args.filter((word, at) => !helpOptions.includes(word) && (at > 0 || word !== 'help'))
    : args;
  const found = [...commands].find(([name]) => isBeginning(name.split(' '), words));
  if (found && !wantsHelp) return run(found, words.slice(found[0].split(' ').length));

  const asked = found ? [found] : [...commands].filter(([name]) => isBeginning(words, name.split(' ')));
  if (asked.length === 0) {
    process.stderr.write(`${notFound(words)}\n`);
    return 2;
  }
  const entries = await Promise.all(asked.map(async ([name, load]) => helpFor(name, await load())));
  if (words.length === 0) entries.unshift(general);
  if (wantsHelp) {
    process.stdout.write(`${entries.join('\n')}\n`);
    return 0;
  }
  process.stderr.write(`"${words.join(' ')}" is only the beginning of a command:\n${entries.join('\n')}\n`);
  return 2;
}

async function run([name, load]: Named, args: readonly string[]): Promise<number> {
  const command = await load();
  try {
    return await command.run(args, readSettings(process.env));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // What Node adds is of no use where every argument is described beneath.
    const [shown = ''] = message.split('. To specify a positional argument');
    process.stderr.write(`${shown.split('\n').map(printableLine).join('\n')}\n`);
    if (!isUsageError(error)) return 1;
    process.stderr.write(`${helpFor(name, command)}\n`);
    return 2;
  }
}

const isBeginning = (words: readonly string[], of: readonly string[]): boolean =>
  words.every((word, at) => of[at] === word);

/** Says what may have been meant: of two words, when the first one is right, what goes with it. */
function notFound(words: readonly string[]): string {
  const names = [...commands.keys()];
  const ofCount = (count: number) => names.filter((name) => name.split(' ').length === count);
  const [like] = [1, 2]
    .flatMap((count) => nearest(words.slice(0, count).join(' '), ofCount(count)) ?? [])
    .toSorted((a, b) => a.distance - b.distance);
  const likely = like?.likely ?? names.find((name) => name.startsWith(`${words[0]} `));
  const hint = likely === undefined ? '' : ` Is "lightbox ${likely}" meant?`;
  return `"${words.join(' ')}" is no command.${hint} lightbox --help lists them.`;
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

const general = `lightbox COMMAND

  lightbox help COMMAND
      shows one of those below; each ends with status 0 when all is well, 1 when something is wrong, 2 when it was typed wrongly
      chỉ xem một lệnh dưới đây; mỗi lệnh trả về mã 0 khi mọi thứ tốt, 1 khi có lỗi, 2 khi gõ sai`;

function helpFor(name: string, { usage, help }: Command): string {
  return [`  lightbox ${name} ${usage}`.trimEnd(), `      ${help.en}`, `      ${help.vi}`].join('\n');
}
