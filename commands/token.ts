/**
 * `lightbox token create`: an API token for a program.
 */
import { parseArgs } from 'node:util';
import { createToken } from '#access/tokens.ts';
import { limits } from '#settings/limits.ts';

import { BadUsage, type Command } from './command.ts';
import { rightsOf } from './rights.ts';
import { withDatabase } from './with-database.ts';

export const tokenCreate: Command = {
  usage: 'NAME [--rights store,read,manage]',
  help: {
    en: 'makes an API token and prints it, once; without --rights it may store and read',
    vi: 'tạo mã truy cập API và in ra một lần; không có --rights thì được lưu và đọc',
  },
  async run(args, settings) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { rights: { type: 'string', default: 'store,read' } },
    });
    const [name = '', ...more] = positionals;
    if (name === '' || more.length > 0) throw new BadUsage('token create takes one name');
    if (name.length > limits.access.tokenNameCharacters)
      throw new BadUsage(`a name has at most ${limits.access.tokenNameCharacters} characters`);
    const rights = rightsOf(values.rights);
    const token = await withDatabase(settings, ({ pool }) => createToken({ database: pool, name, rights }));
    if (token === undefined) throw new Error(`There is a token "${name}" already; choose another name.`);
    // Nothing but the token on standard output, so that it can be captured.
    process.stderr.write(`Token "${name}" may ${rights.join(', ')}. It is shown this once:\n`);
    process.stdout.write(`${token}\n`);
    return 0;
  },
};
