/**
 * `lightbox compose-secrets`: the secrets of docker-compose.yml, made once, in the `.env` that Docker Compose reads.
 */
import { randomBytes } from 'node:crypto';
import { chmod, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { BadUsage, type Command } from './command.ts';

/** Letters and digits only: they stand in addresses and in `.env` as they are. */
const secrets: Readonly<Record<string, () => string>> = {
  DATABASE_PASSWORD: () => hex(24),
  ADMIN_PASSWORD: () => hex(12),
  // In the form of Garage's own keys.
  S3_ACCESS_KEY: () => `GK${hex(16)}`,
  S3_SECRET_KEY: () => hex(32),
  S3_RPC_SECRET: () => hex(32),
};

export const composeSecrets: Command = {
  usage: '[DIR]',
  help: {
    en: 'makes the secrets that docker-compose.yml needs in DIR/.env; what is there stays',
    vi: 'tạo các mật khẩu mà docker-compose.yml cần trong DIR/.env; mục nào đã có thì giữ nguyên',
  },
  async run(args) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const [directory = '.', ...more] = positionals;
    if (more.length > 0) throw new BadUsage('compose-secrets takes one directory');
    const path = join(directory, '.env');
    const made = await addMissing(path);
    process.stderr.write(made.length > 0 ? `${path}: made ${made.join(', ')}.\n` : `${path}: nothing was missing.\n`);
    return 0;
  },
};

/** @returns the names that were missing */
async function addMissing(path: string): Promise<string[]> {
  const there = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const missing = Object.keys(secrets).filter((name) => !new RegExp(`^\\s*${name}\\s*=`, 'm').test(there));
  if (missing.length > 0) {
    await using file = await open(path, 'a', 0o600);
    const lines = missing.map((name) => `${name}=${secrets[name]?.()}\n`);
    await file.appendFile((there === '' || there.endsWith('\n') ? '' : '\n') + lines.join(''));
    await file.sync();
  }
  await chmod(path, 0o600);
  return missing;
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
