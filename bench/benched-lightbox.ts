/**
 * A Lightbox to be measured, and which of its processes a measurement counts: archive and PostgreSQL.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startLightbox } from '#tests/running-lightbox.ts';

import { peakMb } from './server-load.ts';

/** Where bench.mjs has instances moved to (its --move-aet and --move-port). */
const moveDestination = 'BENCHSCP@127.0.0.1:14999';

const health = z.object({ processes: z.array(z.object({ name: z.string(), pid: z.number() })) });

export interface BenchedLightbox extends AsyncDisposable {
  /** `LIGHTBOX@127.0.0.1:11112` */
  readonly dicom: string;
  /** `http://127.0.0.1:8080/` */
  readonly address: string;
  readonly dicomweb: string;
  readonly authorization: string;
  readonly password: string;
  readonly archivePid: number;
  readonly postgresPid: number;
  /** The most that the archive has had in memory at any time, or since its peak was forgotten, in MB. */
  archivePeakMb(): Promise<number>;
}

/** @param roles  the archive alone where made-up rows have no objects behind them that a worker would look for, or where it would disturb */
export async function startBenchedLightbox(dataDir: string, roles = 'archive,worker'): Promise<BenchedLightbox> {
  const password = 'a password for figures';
  const settings = { ADMIN_PASSWORD: password, DEVICES: moveDestination, ROLES: roles };
  const lightbox = await startLightbox({ dataDir, settings });
  const ready = health.parse(await (await fetch(`${lightbox.address}health/ready`)).json());
  const archivePid = ready.processes.find(({ name }) => name === 'archive')!.pid;
  const [postgresPid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return {
    dicom: lightbox.dicom,
    address: lightbox.address,
    dicomweb: `${lightbox.address}dicom-web`,
    authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
    password,
    archivePid,
    postgresPid: Number(postgresPid),
    archivePeakMb: () => peakMb(archivePid),
    [Symbol.asyncDispose]: () => lightbox[Symbol.asyncDispose](),
  };
}
