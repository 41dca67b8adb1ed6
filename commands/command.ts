/**
 * What a subcommand of `lightbox` is. One file each; `all.ts` lists them in the order in which help shows them.
 */
import type { Settings } from '#settings/settings.ts';

export interface Command {
  /** What follows the name: `DIR [--quiet]`. */
  readonly usage: string;
  readonly help: { readonly en: string; readonly vi: string };
  /**
   * @param args what follows the name
   * @returns    exit status
   * @throws BadUsage, or any error whose message is one line for the person at the keyboard
   */
  run(args: readonly string[], settings: Settings): Promise<number>;
}

/** The command line is wrong; the usage is shown beneath the message. */
export class BadUsage extends Error {
  override name = 'BadUsage';
}
