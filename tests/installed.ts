/**
 * Which programs of others are on this machine. Where one is missing its tests are skipped, visibly; with REQUIRE_ALL=1 a skipped
 * test counts as failed (scripts/test.ts).
 */
import { spawnSync } from 'node:child_process';

/** @param option  with which it says something and ends */
export function isInstalled(program: string, option = '--version'): boolean {
  return spawnSync(program, [option]).error === undefined;
}

export const hasPython = isInstalled('python3');

/** A Python that has pydicom; undefined where none has. Debian's packages are for Debian's, which need not be the first on PATH. */
export function pythonWithPydicom(): string | undefined {
  return ['python3', '/usr/bin/python3'].find((each) => spawnSync(each, ['-c', 'import pydicom']).status === 0);
}
