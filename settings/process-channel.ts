/**
 * What the launcher and the programs it runs (archive, worker) tell each other over the channel of `child_process.fork`.
 * A program started without the launcher (a test, another supervisor) works the same: it prints, and stops on a signal.
 */
import { z } from 'zod';

import { saveCompiledCode } from './compiled-code.ts';
import { BadSetting } from './settings.ts';

/** Where a program listens, when it does. */
const addresses = z.object({
  http: z.string().optional(),
  dimse: z.string().optional(),
  dimseTls: z.string().optional(),
});
export type Addresses = z.infer<typeof addresses>;

export const fromProgram = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), addresses }),
  /** It cannot start and a restart would not help; `busyPort`: unless the port's present owner is about to end. */
  z.object({ type: z.literal('failed'), message: z.string(), busyPort: z.boolean() }),
  z.object({ type: z.literal('admin-password'), password: z.string() }),
]);
export type FromProgram = z.infer<typeof fromProgram>;

const processState = z.object({
  name: z.string(),
  pid: z.number().nullable(),
  state: z.enum(['starting', 'running', 'restarting', 'stopping', 'stopped']),
});
/** One process of this group, as `/health` shows it. */
export type ProcessState = z.infer<typeof processState>;

const fromLauncher = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stop') }),
  z.object({
    type: z.literal('processes'),
    processes: z.array(processState),
    /** Since when lines of the access record are lost; null while they are written. */
    recordLostSince: z.iso.datetime().nullable(),
  }),
]);
export type FromLauncher = z.infer<typeof fromLauncher>;

export interface ProcessChannel {
  /** Everything is open. */
  ready(addresses: Addresses): void;
  /** The first account was made with a generated password: shown once to whoever started us. */
  adminPassword(password: string): void;
  /** Says why the program cannot start, and ends it with status 1. */
  fail(error: unknown): void;
  /** All processes of this group as the launcher last told them; empty without a launcher. */
  processes(): readonly ProcessState[];
  /** Since when the launcher cannot write the access record; null while it can, and without a launcher. */
  recordLostSince(): Date | null;
}

/** Something that the person who started us has to put right; the message is one line that says what. */
export class CannotStart extends Error {
  override name = 'CannotStart';
}

/** A port that is taken, said with the variable that chooses it. */
export class BusyPort extends CannotStart {
  override name = 'BusyPort';

  constructor(variable: 'HTTP_PORT' | 'DIMSE_PORT' | 'DIMSE_TLS_PORT', host: string, port: number) {
    super(`${variable} is "${port}"; expected a free port on ${host}, but another program listens there.`);
  }
}

/** Called once, first thing, by a program's main. @param stop drains and closes everything; the process ends after it */
export function openProcessChannel(stop: () => Promise<void>): ProcessChannel {
  let processes: readonly ProcessState[] = [];
  let recordLostSince: Date | null = null;
  let stopping = false;

  function end(): void {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  }

  if (process.send) {
    process.on('message', (message) => {
      const parsed = fromLauncher.parse(message);
      if (parsed.type === 'stop') return end();
      processes = parsed.processes;
      recordLostSince = parsed.recordLostSince === null ? null : new Date(parsed.recordLostSince);
    });
    // The launcher was killed. What is acknowledged is durable already, so ending at once loses nothing. Not by exit(),
    // which would first write out the log, and try for ever when nobody reads it any more.
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    // A supervisor may signal the whole group; the launcher decides the order in which we end.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  } else {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  }

  return {
    ready(where) {
      send({ type: 'ready', addresses: where });
      saveCompiledCode();
    },
    adminPassword: (password) => send({ type: 'admin-password', password }),
    fail(error) {
      const message = error instanceof Error ? error.message : String(error);
      // What explains itself is said by the launcher, in one line; where in our code it was noticed helps nobody.
      const isExplained = error instanceof BadSetting || error instanceof CannotStart;
      if (!isExplained) process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
      send({ type: 'failed', message, busyPort: error instanceof BusyPort }, () => process.exit(1));
    },
    processes: () => processes,
    recordLostSince: () => recordLostSince,
  };
}

function send(message: FromProgram, sent: () => void = () => {}): void {
  if (process.send) {
    process.send(message, undefined, undefined, sent);
    return;
  }
  process.stdout.write(`${JSON.stringify(message)}\n`);
  sent();
}
