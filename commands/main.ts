/**
 * The command: `lightbox start`, and everything that is done by hand.
 */
import { BadUsage, type Command } from '#commands/command.ts';
import { commands } from '#commands/all.ts';
import { readSettings } from '#settings/settings.ts';

/** @returns the exit status: 0, 1 where it failed, 2 where it was asked for in a wrong way */
export async function main(args: readonly string[]): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, at) => args[at] === word));
  if (command === undefined) {
    process.stdout.write(`${help()}\n`);
    return args.length === 0 || ['help', '--help', '-h'].includes(args[0] ?? '') ? 0 : 2;
  }
  const rest = args.slice(command.name.split(' ').length);
  if (rest.includes('--help')) {
    process.stdout.write(`${helpFor(command)}\n`);
    return 0;
  }
  try {
    return await command.run(rest, readSettings(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (!isUsageError(error)) return 1;
    process.stderr.write(`${helpFor(command)}\n`);
    return 2;
  }
}

/** Ours, or that of `parseArgs`. */
function isUsageError(error: unknown): boolean {
  return error instanceof BadUsage || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
}

function help(): string {
  return ['lightbox COMMAND', '', ...commands.map(helpFor)].join('\n');
}

function helpFor({ name, usage, help }: Command): string {
  return [`  lightbox ${name} ${usage}`.trimEnd(), `      ${help.en}`, `      ${help.vi}`].join('\n');
}
