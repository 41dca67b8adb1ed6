/** DICOM JSON of the corpus's files against DCMTK's dcm2json and, where that cannot, against pydicom. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { hasCorpus, manifest } from '../corpus.ts';
import { isInstalled, pythonWithPydicom } from '../installed.ts';
import { compare, differences } from './same-json.ts';
import type { Compared } from './same-json.ts';
import { forEach, withoutPixelData } from './without-pixel-data.ts';
import { atLeast, shareOf, whichFiles } from '../thorough.ts';

const run = promisify(execFile);
const hasDcm2json = isInstalled('dcm2json');
const python = pythonWithPydicom();
if (process.env['REQUIRE_ALL'] === '1' && !(hasDcm2json && python)) throw new Error('dcm2json or pydicom is missing');

const pydicomScript = `
import json, sys, warnings
import pydicom
warnings.simplefilter('ignore')
print(json.dumps(pydicom.dcmread(sys.argv[1]).to_json_dict()))
`;

describe.skipIf(!hasCorpus || !hasDcm2json)('DICOM JSON of real files', () => {
  let directory = '';
  beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'lightbox-json-'))));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test(
    `says by meaning what dcm2json says, or pydicom where that cannot, ${whichFiles}`,
    { timeout: 300_000 },
    async ({ annotate }) => {
      const compared: Compared = { listed: new Map(), unlisted: [] };
      const files = shareOf(
        manifest().map(({ path }) => path as string),
        (path) => path,
      );
      const count = { dcm2json: 0, pydicom: 0 };
      const alone: string[] = [];
      await forEach([...files.entries()], 3, async ([number, path]) => {
        const read = await withoutPixelData(path);
        if (!read) return void alone.push(`${path}: not read`);
        const name = join(directory, `${number}.dcm`);
        writeFileSync(name, read.file);
        const dcm2json = await jsonOf('dcm2json', [name]);
        const theirs = dcm2json ?? (python ? await jsonOf(python, ['-c', pydicomScript, name]) : undefined);
        if (!theirs) return void alone.push(path);
        count[dcm2json ? 'dcm2json' : 'pydicom']++;
        compare(toDicomJson(read.dataset), theirs, `${path} `, compared);
      });
      await annotate(`compared: ${JSON.stringify(count)}, with none: ${alone.join(', ')}`);
      for (const { what, section } of differences)
        await annotate(`${compared.listed.get(what) ?? 0} × ${what} (${section})`);
      expect(compared.unlisted).toEqual([]);
      expect(count.dcm2json).toBeGreaterThan(atLeast(370));
    },
  );
});

/** Undefined where the program cannot. */
async function jsonOf(program: string, parameters: readonly string[]): Promise<DicomJson | undefined> {
  try {
    const { stdout } = await run(program, parameters, { maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as DicomJson;
  } catch {
    return undefined;
  }
}
