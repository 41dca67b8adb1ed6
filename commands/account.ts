/**
 * `lightbox account reset`: a new password for somebody who has lost it, by whoever may run commands on this machine.
 */
import { parseArgs } from 'node:util';
import { resetPassword } from '#access/accounts.ts';

import { BadUsage, type Command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const accountReset: Command = {
  usage: 'NAME',
  help: {
    en: 'gives an account a new password, prints it once, and ends its sessions',
    vi: 'đặt mật khẩu mới cho tài khoản, in ra một lần và kết thúc các phiên đăng nhập',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const [name = '', ...more] = positionals;
    if (name === '' || more.length > 0) throw new BadUsage('account reset takes one name');
    const password = await withDatabase(settings, ({ pool }) => resetPassword({ database: pool, name }));
    if (password === undefined) throw new Error(`There is no account "${name}".`);
    process.stderr.write(`The new password of "${name}", shown this once:\n`);
    process.stdout.write(`${password}\n`);
    return 0;
  },
};
