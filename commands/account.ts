/**
 * `lightbox account …`: who logs in, kept by whoever may run commands on this machine. A password is made here, and shown once:
 * none is ever typed where a shell remembers it.
 */
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import {
  addAccount,
  changeRights,
  findAccount,
  LastManager,
  listAccounts,
  removeAccount,
  resetPassword,
} from '#access/account-registry.ts';
import { newNameRules, whyNoNewName } from '#access/accounts.ts';
import type { Settings } from '#settings/settings.ts';
import { BadUsage, type Command } from './command.ts';
import { printable } from './printable.ts';
import { rightsOf } from './rights.ts';
import { writeTable } from './table.ts';
import { withDatabase } from './with-database.ts';

export const accountAdd: Command = {
  usage: 'NAME [--rights read,store,manage]',
  help: {
    en: 'makes an account for one person and prints its password, once; without --rights it may look at images (read)',
    vi: 'tạo tài khoản cho một người và in mật khẩu một lần; không có --rights thì chỉ được xem ảnh (read)',
  },
  async run(args, settings) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { rights: { type: 'string', default: 'read' } },
    });
    const name = onlyName(positionals, 'account add');
    const why = whyNoNewName(name);
    if (why) throw new BadUsage(newNameRules[why]);
    const rights = rightsOf(values.rights);
    const added = await withDatabase(settings, ({ pool }) => addAccount({ database: pool, name, rights }));
    if (!added) throw new Error(`There is an account "${name}" already; choose another name.`);
    showPassword(`Account "${name}" may ${rights.join(', ')}. Its password, shown this once:`, added.password);
    return 0;
  },
};

export const accountList: Command = {
  usage: '',
  help: {
    en: 'shows who may log in, and what each may do',
    vi: 'liệt kê các tài khoản và quyền của từng tài khoản',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    if (positionals.length > 0) throw new BadUsage('account list takes nothing');
    const accounts = await withDatabase(settings, ({ pool }) => listAccounts(pool));
    writeTable([['Account', 'Rights'], ...accounts.map(({ name, rights }) => [printable(name), rights.join(', ')])]);
    return 0;
  },
};

export const accountRights: Command = {
  usage: 'NAME read,store,manage',
  help: {
    en: 'changes what an account may do, and ends its sessions',
    vi: 'thay đổi quyền của tài khoản và kết thúc các phiên đăng nhập của nó',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const [name = '', entered = '', ...more] = positionals;
    if (name === '' || entered === '' || more.length > 0) throw new BadUsage('account rights takes a name and rights');
    const rights = rightsOf(entered);
    await ofAccount(settings, name, (which) => changeRights({ ...which, rights }));
    process.stdout.write(`Account "${name}" may ${rights.join(', ')} from now on.\n`);
    return 0;
  },
};

export const accountRemove: Command = {
  usage: 'NAME',
  help: {
    en: 'removes an account and ends its sessions',
    vi: 'xoá tài khoản và kết thúc các phiên đăng nhập của nó',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const name = onlyName(positionals, 'account remove');
    await ofAccount(settings, name, removeAccount);
    process.stdout.write(`Account "${name}" is removed, and signed out everywhere.\n`);
    return 0;
  },
};

export const accountReset: Command = {
  usage: 'NAME',
  help: {
    en: 'gives an account a new password, prints it once, and ends its sessions',
    vi: 'đặt mật khẩu mới cho tài khoản, in ra một lần và kết thúc các phiên đăng nhập',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const name = onlyName(positionals, 'account reset');
    const password = await ofAccount(settings, name, resetPassword);
    if (password === undefined) throw new Error(`There is no account "${name}".`);
    showPassword(`The new password of "${name}", shown this once:`, password);
    return 0;
  },
};

/** @throws where there is no account of that name, or it is the last that may manage */
async function ofAccount<T>(
  settings: Settings,
  name: string,
  change: (which: { database: Pool; id: number }) => Promise<T>,
): Promise<T> {
  return withDatabase(settings, async ({ pool }) => {
    const account = await findAccount(pool, name);
    if (!account) throw new Error(`There is no account "${name}".`);
    return change({ database: pool, id: account.id });
  }).catch((error: unknown) => {
    if (!(error instanceof LastManager)) throw error;
    throw new Error(`"${name}" is the last account that may manage Lightbox; make another one first.`, {
      cause: error,
    });
  });
}

function onlyName([name = '', ...more]: readonly string[], command: string): string {
  if (name === '' || more.length > 0) throw new BadUsage(`${command} takes one name`);
  return name;
}

/** Nothing but the password on standard output, so that it can be captured. */
function showPassword(what: string, password: string): void {
  process.stderr.write(`${what}\n`);
  process.stdout.write(`${password}\n`);
}
