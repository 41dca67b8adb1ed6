/**
 * `npm run samples -- --out DIR`: writes studies that we compute ourselves as DICOM files, to try the archive with.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { defaultSamples, sampleStudies } from './all.ts';
import { dicomFile } from './write.ts';

const usage = `Writes sample studies in turn: chest CT, chest radiograph, MR of the head, ultrasound loop. Patients have Vietnamese names.

  npm run samples -- --out DIR [--studies ${defaultSamples.studies}] [--slices ${defaultSamples.slices}] [--seed ${defaultSamples.seed}]

The same seed gives the same files. Send them with, for example:
  storescu -v +sd +r -aec LIGHTBOX 127.0.0.1 11112 DIR
`;

const options = {
  out: { type: 'string' },
  studies: { type: 'string', default: String(defaultSamples.studies) },
  slices: { type: 'string', default: String(defaultSamples.slices) },
  seed: { type: 'string', default: defaultSamples.seed },
} as const;

class BadArguments extends Error {
  override name = 'BadArguments';
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadArguments)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<void> {
  const { out, studies, slices, seed } = readArguments(args);
  let files = 0;
  for (const [number, { samples }] of sampleStudies({ seed, studies, slices }).entries()) {
    for (const { name, attributes } of samples()) {
      const path = join(out, `study-${number + 1}`, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, dicomFile(attributes));
      files++;
    }
  }
  process.stdout.write(`${files} files of ${studies} studies in ${out}\n`);
}

function readArguments(args: string[]): { out: string; studies: number; slices: number; seed: string } {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new BadArguments((error as Error).message);
  }
  const { out, seed } = values;
  if (out === undefined) throw new BadArguments('--out names no directory.');
  return {
    out,
    seed,
    studies: count('--studies', values.studies, 1000),
    slices: count('--slices', values.slices, 2000),
  };
}

function count(option: string, text: string, most: number): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw new BadArguments(`${option} is "${text}"; expected 1 to ${most}.`);
  return value;
}
