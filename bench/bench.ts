/**
 * `npm run bench`: Lightboxes of its own on free ports, and what they do.
 *
 * - `doors`: an empty one takes in and gives out images. With Orthanc at hand (BENCH_DIR, PEERS_DIR) side by side with it, and
 *   against what the disk and the loopback interface can do at all; otherwise alone.
 * - `dcmtk`: the DIMSE part of that beside DCMTK's dcmqrscp, where it is installed.
 * - `picture`: Chromium shows the first slice of a series.
 * - `reading`: Chromium scrolls through series that it has in memory, and drags the window over large images.
 * - `weak`: the same two on a page that gets a sixth of the processor.
 * - `memory`: what the archive has in memory while 16 associations store, and while an instance of 1 GB comes through each door.
 * - `storing`: searches while 64 associations store.
 * - `sizes`: searches, and one more instance, with few and with a million studies in the index.
 *
 * Only ratios of one run can be compared with anything.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { alone } from './alone.ts';
import { BenchFailed } from './bench-failed.ts';
import { startBenchedLightbox } from './benched-lightbox.ts';
import { bySize } from './by-size.ts';
import { measureFirstPicture } from './first-picture.ts';
import { largeImageTable, measureLargeImages } from './large-images.ts';
import { measureMemory } from './memory.ts';
import { findPeer, hasDcmqrscp, startDcmqrscp, startOrthanc } from './peers.ts';
import { measureScrollSteps, scrollTable } from './scroll-steps.ts';
import { measureWeakPc, weakTable } from './weak-pc.ts';
import { queryWhileStoring } from './query-while-storing.ts';
import { sideBySide } from './side-by-side.ts';
import { table } from './table.ts';

const allParts = ['doors', 'dcmtk', 'picture', 'reading', 'weak', 'memory', 'storing', 'sizes'];
const allPhases =
  'ct-store-1,ct-store-4,ct-resend,ct-stow-1,ct-stow-4,cr-store-1,metadata,frames-1,frames-6,wado-study,c-get,c-move,rendered,thumbnail';

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: allParts.join() },
    phases: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    ct: { type: 'string', default: '4x1x200' },
    index: { type: 'string' },
    sizes: { type: 'string', default: '20000,1000000' },
    out: { type: 'string' },
  },
});
refuseUnless(/^[1-9]\d?$/.test(options.rounds), `--rounds is "${options.rounds}"; expected 1 to 99.`);
refuseUnless(/^\d{3,7}(,\d{3,7})*$/.test(options.sizes), `--sizes is "${options.sizes}"; expected 20000,1000000.`);
const parts = options.parts.split(',');
refuseUnless(
  parts.every((part) => allParts.includes(part)),
  `--parts is "${options.parts}"; expected some of ${allParts.join()}.`,
);

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new BenchFailed(name)));

const peer = findPeer();
// On the same disk as the peer: a tmpfs against a disk would be no comparison.
const directory = await mkdtemp(join(peer?.directory ?? tmpdir(), 'lightbox-bench-'));
const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
const figures: Record<string, object> = {};
try {
  const tell = (part: string, { text, figures: found }: { text: string; figures: object }): void => {
    figures[part] = found;
    process.stdout.write(`\n${text}\n`);
  };
  if (parts.includes('doors')) tell('doors', await doors());
  if (parts.includes('dcmtk')) tell('dcmtk', await dcmtk());
  if (parts.includes('picture')) tell('picture', await picture());
  if (parts.includes('reading')) tell('reading', await reading());
  if (parts.includes('weak')) tell('weak', await weak());
  if (parts.includes('memory')) tell('memory', await memory());
  if (parts.includes('storing')) tell('storing', await queryWhileStoring({ directory, signal: stop.signal }));
  if (parts.includes('sizes'))
    tell(
      'sizes',
      await bySize({
        sizes: options.sizes
          .split(',')
          .map(Number)
          .sort((a, b) => a - b),
        directory,
        signal: stop.signal,
      }),
    );
  process.stdout.write(`${machine}\n`);
  if (options.out !== undefined) {
    const all = { when: new Date().toISOString(), machine, options, ...figures };
    await writeFile(options.out, `${JSON.stringify(all, null, 1)}\n`);
  }
} catch (error) {
  if (!(error instanceof BenchFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function doors(): Promise<{ text: string; figures: object }> {
  const phases = (options.phases ?? (peer ? allPhases : 'ct-store-1,ct-store-4,ct-stow-1,ct-stow-4')).split(',');
  const plan = {
    phases,
    rounds: Number(options.rounds),
    ct: options.ct,
    ...(options.index !== undefined && { index: options.index }),
  };
  // Where studies come only to be searched, a worker would make thumbnails of them all the while; the peers make none.
  const roles = phases.every((phase) => /^(qido|cfind)-/.test(phase)) ? 'archive' : 'archive,worker';
  await using lightbox = await startBenchedLightbox(join(directory, 'data'), roles);
  return peer
    ? await sideBySide({ ...plan, lightbox, peer, start: startOrthanc, directory, signal: stop.signal })
    : await alone({ ...plan, lightbox, signal: stop.signal });
}

async function dcmtk(): Promise<{ text: string; figures: object }> {
  if (!peer || !hasDcmqrscp())
    return { text: 'Without BENCH_DIR or dcmqrscp there is no comparison with DCMTK.', figures: {} };
  await using lightbox = await startBenchedLightbox(join(directory, 'beside-dcmtk'));
  return await sideBySide({
    lightbox,
    peer,
    start: startDcmqrscp,
    // It refuses some of what comes over four associations at once, and reads its whole index for each instance: few of them.
    phases: ['ct-store-1', 'ct-resend', 'cr-store-1', 'c-get', 'c-move'],
    rounds: Number(options.rounds),
    ct: '4x1x50',
    directory,
    signal: stop.signal,
  });
}

async function picture(): Promise<{ text: string; figures: object }> {
  await using lightbox = await startBenchedLightbox(join(directory, 'picture'));
  const found = await measureFirstPicture(lightbox, Number(options.rounds));
  if (found.length === 0) return { text: 'There is no Chromium here: the first picture is not measured.', figures: {} };
  const rows = found.map(({ what, ms, serverCpuMs, serverMb, noise }) => [
    what,
    ms.toFixed(0),
    serverCpuMs.toFixed(0),
    serverMb.toFixed(0),
    `${(100 * noise).toFixed(0)} %`,
  ]);
  const head = ['first picture of 200 CT slices', 'ms', 'server CPU ms', 'MB', 'noise'];
  return { text: table([head, ...rows]), figures: found };
}

async function reading(): Promise<{ text: string; figures: object }> {
  await using lightbox = await startBenchedLightbox(join(directory, 'reading'));
  const found = await measureScrollSteps(lightbox, Number(options.rounds));
  if (found.length === 0) return { text: 'There is no Chromium here: scrolling is not measured.', figures: {} };
  const large = await measureLargeImages(lightbox, Number(options.rounds));
  return { text: `${scrollTable(found)}\n\n${largeImageTable(large)}`, figures: { ct: found, large } };
}

async function weak(): Promise<{ text: string; figures: object }> {
  await using lightbox = await startBenchedLightbox(join(directory, 'weak'));
  const found = await measureWeakPc(lightbox, Number(options.rounds));
  if (found.length === 0) return { text: 'There is no Chromium here: a weak computer is not measured.', figures: {} };
  return { text: weakTable(found), figures: found };
}

async function memory(): Promise<{ text: string; figures: object }> {
  await using lightbox = await startBenchedLightbox(join(directory, 'memory'));
  return await measureMemory(lightbox, Number(options.rounds), stop.signal);
}

function refuseUnless(isRight: boolean, message: string): void {
  if (isRight) return;
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
