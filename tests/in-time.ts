/** What work comes to, where it may hang: then the test says what did, rather than that it took too long. */
export async function inTime<T>(work: Promise<T>, withinMs: number, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const tooLong = setTimeout(() => reject(new Error(`not within ${withinMs} ms: ${what}`)), withinMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(tooLong);
  }
}
