/**
 * Does one command line after another, each as a process of its own would: for tests that have many of them, of which each new process
 * would load the same modules. What a command writes ends with a NUL on both streams; its status comes when nothing of it keeps this
 * process alive any more, so that one which would never end does not end here either.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { keepCompiledCode } from '#settings/compiled-code.ts';

keepCompiledCode();
const { main } = await import('./main.ts');

const lookAgainMs = 5;

async function run(environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  const streams = [process.stdout, process.stderr];
  const before = process.getActiveResourcesInfo().length;
  const status = await main(args);
  while (process.getActiveResourcesInfo().length > before) await delay(lookAgainMs);
  for (const stream of streams) stream.removeAllListeners('error').write('\0');
  process.send!(status);
}

process.on('message', ({ environment, args }: { environment: NodeJS.ProcessEnv; args: readonly string[] }) => {
  void run(environment, args);
});
process.on('disconnect', () => process.exit());
