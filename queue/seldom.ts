/**
 * While a server is away, every connection to it fails several times a second. Who watches needs to hear that once, with
 * the cause, and again only when it lasts.
 */
const sameErrorMs = 60_000;

/** @param now milliseconds of a clock that never goes back */
export function seldom(
  report: (error: Error) => void,
  now: () => number = () => performance.now(),
): (error: Error) => void {
  const saidAt = new Map<string, number>();
  return (error) => {
    for (const [message, at] of saidAt) if (now() - at >= sameErrorMs) saidAt.delete(message);
    if (saidAt.has(error.message)) return;
    saidAt.set(error.message, now());
    report(error);
  };
}
