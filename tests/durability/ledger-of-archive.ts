/** Instances of one study that are noted in a ledger as they are sent, and an archive that is held to it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { datasetOf, type Item, type Ledger } from './ledger.ts';
import type { Outgoing } from './store-client.ts';
import { verify } from './verify.ts';

export interface Noted extends Outgoing {
  acknowledged(): void;
}

let last = 0;

/** Another instance of the study, noted as sent. */
export function noted(ledger: Ledger, study: string, pixelBytes = 5_000): Noted {
  const item: Item = { study, series: `${study}.1`, instance: `${study}.1.${++last}`, variant: 0, pixelBytes };
  const dataset = datasetOf(item);
  const version = ledger.sending(item, dataset);
  return { instance: item.instance, dataset, acknowledged: () => void (version.acknowledged = true) };
}

/** Every acknowledged instance is there, and nothing half. */
export async function expectToHold(
  ledger: Ledger,
  { address, dataDir, objects = join(dataDir, 'objects') }: { address: string; dataDir: string; objects?: string },
): Promise<void> {
  const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { databaseUrl: string };
  await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
  expect(await verify({ address, database, objects }, ledger, ledger.studies.keys())).toEqual({
    intact: ledger.acknowledged,
    faults: [],
  });
}
