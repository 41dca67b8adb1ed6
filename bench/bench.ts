/**
 * `npm run bench`: a Lightbox of its own, empty, on free ports, and what it does per second.
 * With Orthanc at hand (BENCH_DIR, PEERS_DIR) side by side with it, and against what the disk and the loopback interface can
 * do at all; otherwise alone. Only ratios of one run can be compared with anything.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { alone } from './alone.ts';
import { BenchFailed } from './bench-failed.ts';
import { findPeer } from './orthanc.ts';
import { sideBySide } from './side-by-side.ts';
import { startEmptyLightbox } from './empty-lightbox.ts';

const { values: options } = parseArgs({
  options: {
    phases: { type: 'string', default: 'ct-store-1,ct-store-4,ct-stow-1,ct-stow-4,metadata,frames-6,c-get,c-move' },
    rounds: { type: 'string', default: '3' },
    ct: { type: 'string', default: '4x1x200' },
    index: { type: 'string' },
    out: { type: 'string' },
  },
});
if (!/^[1-9]\d?$/.test(options.rounds)) {
  process.stderr.write(`--rounds is "${options.rounds}"; expected 1 to 99.\n`);
  process.exit(2);
}
const plan = {
  phases: options.phases.split(','),
  rounds: Number(options.rounds),
  ct: options.ct,
  ...(options.index !== undefined && { index: options.index }),
};

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new BenchFailed(name)));

const peer = findPeer();
// On the same disk as the peer: a tmpfs against a disk would be no comparison.
const directory = await mkdtemp(join(peer?.directory ?? tmpdir(), 'lightbox-bench-'));
try {
  await using lightbox = await startEmptyLightbox(join(directory, 'data'));
  const result = peer
    ? await sideBySide({ ...plan, lightbox, peer, directory, signal: stop.signal })
    : await alone({ ...plan, lightbox, signal: stop.signal });
  const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
  process.stdout.write(`\n${result.text}\n${machine}\n`);
  if (options.out !== undefined) {
    const figures = { when: new Date().toISOString(), machine, ...plan, ...result.figures };
    await writeFile(options.out, `${JSON.stringify(figures, null, 1)}\n`);
  }
} catch (error) {
  if (!(error instanceof BenchFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
