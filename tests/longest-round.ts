/**
 * The most that this thread worked within one round of the event loop, in ms: so long everybody else waits. Its own work is
 * measured and not the clock, because others use this machine too.
 */
export async function longestRound(run: () => Promise<void>): Promise<number> {
  let last = process.threadCpuUsage();
  let longest = 0;
  let running = true;
  const round = (): void => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - last.user - last.system);
    last = now;
    if (running) setImmediate(round);
  };
  setImmediate(round);
  await run();
  running = false;
  await new Promise(setImmediate);
  return longest / 1_000;
}
