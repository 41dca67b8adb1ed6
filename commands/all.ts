/**
 * Every subcommand by its name, of one or two words, in the order in which help shows them. Each is loaded when it is asked for:
 * together they need most of Lightbox, and neither the launcher nor who waits at a keyboard needs more than one.
 */
import type { Command } from './command.ts';

export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', async () => (await import('./start.ts')).start],
  ['token create', async () => (await import('./token.ts')).tokenCreate],
  ['account add', async () => (await import('./account.ts')).accountAdd],
  ['account list', async () => (await import('./account.ts')).accountList],
  ['account rights', async () => (await import('./account.ts')).accountRights],
  ['account remove', async () => (await import('./account.ts')).accountRemove],
  ['account reset', async () => (await import('./account.ts')).accountReset],
  ['device add', async () => (await import('./device.ts')).deviceAdd],
  ['device list', async () => (await import('./device-list.ts')).deviceList],
  ['import', async () => (await import('./import.ts')).importDirectory],
  ['echo', async () => (await import('./echo.ts')).echo],
  ['find', async () => (await import('./find.ts')).find],
  ['move', async () => (await import('./move.ts')).move],
  ['send', async () => (await import('./send.ts')).send],
  ['pull', async () => (await import('./pull.ts')).pull],
  ['verify', async () => (await import('./verify.ts')).verify],
  ['rebuild', async () => (await import('./rebuild.ts')).rebuild],
  ['remove-unfinished', async () => (await import('./remove-unfinished.ts')).removeUnfinished],
  ['compose-secrets', async () => (await import('./compose-secrets.ts')).composeSecrets],
]);
