import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('prepare.mjs', import.meta.url));

test.for(['C#', 'what?', 'a$b'])(
  'a directory in whose name the viewer cannot be built, such as %s, is refused before anything is installed',
  async (name) => {
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-prepare-'));
    try {
      await cp(script, join(directory, name, 'scripts', 'prepare.mjs'));
      const { status, stderr } = spawnSync(process.execPath, [join(directory, name, 'scripts', 'prepare.mjs')], {
        encoding: 'utf8',
      });
      expect(stderr).toContain(
        `The viewer cannot be built in ${join(directory, name)}: there is a "${/[#?$]/.exec(name)?.[0]}" in the name.`,
      );
      expect(status).toBe(1);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);
