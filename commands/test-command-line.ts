/** For tests of the commands: the command line as a person runs it. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const script = fileURLToPath(new URL('../lightbox.ts', import.meta.url));
const timeout = 55_000;
const only = (settings: Readonly<Record<string, string>>) => ({ PATH: process.env['PATH'], ...settings });

/** Runs `lightbox …` with these settings and no others, as a process of its own. */
export function runProcess(settings: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  execFile(process.execPath, [script, ...args], { env: only(settings), timeout }, (error, out, err) =>
    resolve({ status: error ? Number(error.code ?? -1) : 0, out, err }),
  );
  return promise;
}

/** Processes that wait for another command line. */
const idle: ChildProcess[] = [];

/** The same in a process that does others, too: to start one costs more than what most of them do. */
export async function runCommand(settings: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  const child = idle.pop() ?? startIdle();
  const told = [child.stdout!, child.stderr!].map(lastWords);
  child.send({ environment: only(settings), args });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), timeout);
  const over = new AbortController();
  const [status] = (await Promise.race(
    ['message', 'exit'].map((event) => once(child, event, { signal: over.signal })),
  )) as [number | null];
  over.abort();
  clearTimeout(tooLong);
  const [out, err] = (await Promise.all(told)) as [string, string];
  if (child.connected) idle.push(child);
  return { status: status ?? -1, out, err };
}

function startIdle(): ChildProcess {
  const program = fileURLToPath(new URL('command-lines.fixture.ts', import.meta.url));
  const child = fork(program, { execArgv: [], env: only({}), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  for (const output of [child.stdout, child.stderr]) (output as Socket).setEncoding('utf8').unref();
  child.channel!.unref();
  child.unref();
  return child;
}

/** What comes before the NUL behind a command's last words, or before its process ends. */
function lastWords(output: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  const end = (): void => {
    output.off('data', take).off('end', end);
    resolve(text);
  };
  const take = (piece: string): void => {
    text += piece;
    if (!text.endsWith('\0')) return;
    text = text.slice(0, -1);
    end();
  };
  output.on('data', take).on('end', end);
  return promise;
}
