/**
 * Every subcommand, in the order in which help shows them.
 */
import { accountReset } from './account.ts';
import type { Command } from './command.ts';
import { composeSecrets } from './compose-secrets.ts';
import { deviceAdd } from './device.ts';
import { echo } from './echo.ts';
import { find } from './find.ts';
import { importDirectory } from './import.ts';
import { move } from './move.ts';
import { pull } from './pull.ts';
import { rebuild } from './rebuild.ts';
import { removeUnfinished } from './remove-unfinished.ts';
import { send } from './send.ts';
import { start } from './start.ts';
import { tokenCreate } from './token.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  start,
  tokenCreate,
  accountReset,
  deviceAdd,
  importDirectory,
  echo,
  find,
  move,
  send,
  pull,
  verify,
  rebuild,
  removeUnfinished,
  composeSecrets,
];
