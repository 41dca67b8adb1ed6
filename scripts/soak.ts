/**
 * `npm run soak -- [kill|bucket|fuzz|dimse|days|all] [--rounds N] [--seed S]`: the long runs, by hand. Kills Lightbox at random
 * instants while it is sent to, on a directory (`kill`) and on a bucket and a Redis, which fail as well (`bucket`), reads damaged
 * files, sends damaged associations, answers and retrievals, and does what people do all day; ends with a summary, and with status 1
 * when any promise was broken. `--rounds` is the number of kills, of files with `fuzz`, of associations with `dimse` (a quarter as many
 * answers, and some retrievals), of things done with `days`. Where
 * there is no S3 server or no Redis, `all` says so and leaves `bucket` out.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fuzz } from '#tests/durability/fuzz-process.ts';
import type { FuzzOptions } from '#tests/dimse-fuzz/damage.ts';
import { fuzzAnswers, recordAnswers } from '#tests/dimse-fuzz/fuzz-answers.ts';
import { fuzzAssociations } from '#tests/dimse-fuzz/fuzz-associations.ts';
import { fuzzRetrievals } from '#tests/dimse-fuzz/fuzz-retrievals.ts';
import { startFuzzedLightbox } from '#tests/dimse-fuzz/fuzzed-lightbox.ts';
import { endure } from '#tests/endurance/endure.ts';
import { ordinarySettings } from '#tests/endurance/site.ts';
import { recordAssociations } from '#tests/dimse-fuzz/recording.ts';
import { startBucketAndQueue } from '#tests/durability/bucket-and-queue.ts';
import { type Apart, killRounds } from '#tests/durability/kill-rounds.ts';
import { withoutRedis } from '#tests/redis-server.ts';
import { healthOf, killAll, startLightbox } from '#tests/running-lightbox.ts';
import { withoutS3 } from '#tests/s3-server.ts';

const usualKills = 200;
const usualFiles = 200_000;
const usualAssociations = 1_000_000;
const usualActs = 50_000;
const parts = ['kill', 'bucket', 'fuzz', 'dimse', 'days'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, seed: { type: 'string', default: String(Date.now()) } },
});
const [part = 'all', ...others] = positionals;
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const { seed } = values;

if (![...parts, 'all'].includes(part) || others.length > 0 || (rounds !== undefined && !(rounds > 0))) {
  process.stderr.write('npm run soak -- [kill|bucket|fuzz|dimse|days|all] [--rounds N] [--seed S]\n');
  process.exit(2);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const faults: string[] = [];
const withoutBucket = [withoutS3, withoutRedis].filter(Boolean);
// Whoever asks for everything means everything that this machine has; whoever asks for the bucket means that.
if (part === 'bucket') faults.push(...withoutBucket);
else if (part === 'all' && withoutBucket.length > 0) say(`without bucket: ${withoutBucket.join('; ')}`);
say(`seed ${seed}`);
const isAsked = (name: string): boolean => part === name || part === 'all';
if (isAsked('kill')) faults.push(...(await soakKill(rounds ?? usualKills)));
if (isAsked('bucket') && withoutBucket.length === 0)
  faults.push(...(await soakBucket(part === 'bucket' && rounds ? rounds : usualKills)));
if (isAsked('fuzz')) faults.push(...(await soakFuzz(part === 'fuzz' && rounds ? rounds : usualFiles)));
if (isAsked('dimse')) faults.push(...(await soakDimse(part === 'dimse' && rounds ? rounds : usualAssociations)));
if (isAsked('days')) faults.push(...(await soakDays(part === 'days' && rounds ? rounds : usualActs)));
for (const fault of faults) say(`FAULT ${fault}`);
say(faults.length === 0 ? 'nothing was lost, nothing broke' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function soakBucket(kills: number): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-soak-'));
  await using apart = await startBucketAndQueue(directory);
  const faults = await soakKill(kills, apart);
  await rm(directory, { recursive: true, force: true });
  return faults;
}

async function soakKill(kills: number, apart?: Apart): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-soak-'));
  // Ctrl-C, or whoever needs the machine: no Lightbox of ours stays behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopEverything(dataDir));
  const summary = await killRounds({
    seed,
    rounds: kills,
    dataDir,
    ...(apart && { apart }),
    onRound({ number, killed, acknowledged, faults: broken, durationMs }) {
      const seconds = (durationMs / 1000).toFixed(1);
      say(`round ${number}/${kills}: ${killed}, ${acknowledged} acknowledged, ${seconds} s`);
      for (const fault of broken) say(`  FAULT ${fault}`);
    },
  });
  const kinds = Object.entries(summary.killed).map(([kind, count]) => `${kind} ${count}`);
  say(`${summary.rounds} rounds: ${kinds.join(', ')}`);
  const lost = summary.acknowledged - summary.intact;
  say(`${summary.sent} sent, ${summary.acknowledged} acknowledged, ${summary.intact} verified, ${lost} lost`);
  say(`${summary.rebuilt} verified again after a rebuild of the index`);
  if (summary.faults.length === 0) await rm(dataDir, { recursive: true, force: true });
  else say(`what is left of it lies in ${dataDir}`);
  return summary.faults;
}

async function stopEverything(dataDir: string): Promise<void> {
  await killAll(dataDir);
  await rm(dataDir, { recursive: true, force: true });
  process.exit(1);
}

async function soakFuzz(files: number): Promise<readonly string[]> {
  const summary = await fuzz({ seed, rounds: files, onProgress: (done) => say(`${done}/${files} damaged files`) });
  const { read, refused } = summary.outcomes;
  say(`${summary.done} damaged files: ${read} read, ${refused} refused, ${summary.peakMiB} MiB at most`);
  return summary.faults;
}

async function soakDimse(inputs: number): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-soak-'));
  await using fuzzed = await startFuzzedLightbox(dataDir);
  const { port, pid, lightbox } = fuzzed;
  const recordings = await recordAssociations(port);
  const associations = await fuzzAssociations(fuzzed, recordings, damage(inputs, 'damaged associations'));
  const { residentMiB, echoes } = associations;
  say(`${associations.inputs} damaged associations, made of ${recordings.length} recorded ones`);
  say(`archive: ${residentMiB.before} MiB before, ${residentMiB.most} MiB at most`);
  say(`beside them ${echoes.count} C-ECHO on one association, the slowest ${echoes.slowestMs} ms`);
  // Of these each takes longer, because somebody who says no more is waited for.
  const answers = await fuzzAnswers(await recordAnswers(port), damage(inputs / 4, 'damaged answers'));
  say(
    `${answers.inputs} damaged answers: ${answers.answered} requests ended well, the others ${JSON.stringify(answers.failed)}`,
  );
  const retrievals = await fuzzRetrievals(fuzzed, damage(inputs / 25, 'damaged retrievals'));
  say(`${retrievals.inputs} damaged retrievals: C-MOVEs by status ${JSON.stringify(retrievals.moves)}`);
  say(`archive: ${retrievals.residentMiB.most} MiB at most`);
  const after = await healthOf(lightbox);
  const died = after.pid === pid && after.status === 'ready' ? [] : ['the archive died, or is not well'];
  return [...associations.faults, ...answers.faults, ...retrievals.faults, ...died];
}

/** So many of the kind, of which a hundredth each is told. */
function damage(share: number, what: string): FuzzOptions {
  const inputs = Math.ceil(share);
  const every = Math.ceil(inputs / 100);
  return { seed, inputs, onProgress: (done) => void (done % every === 0 && say(`${done}/${inputs} ${what}`)) };
}

async function soakDays(acts: number): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-soak-'));
  await using lightbox = await startLightbox({ dataDir, settings: await ordinarySettings() });
  const { before, after, done, faults } = await endure(lightbox, {
    seed,
    acts,
    onProgress: (count, { memoryMiB, descriptors }) =>
      say(`${count}/${acts} things done: ${memoryMiB} MiB, ${descriptors} descriptors`),
  });
  for (const [name, count] of Object.entries(done)) say(`${count} × ${name}`);
  say(`at rest: ${before.memoryMiB} MiB, ${before.descriptors} descriptors after the first fifth`);
  say(`         ${after.memoryMiB} MiB, ${after.descriptors} descriptors at the end`);
  return faults;
}
