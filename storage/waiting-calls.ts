/**
 * System calls that wait for the disk. Each keeps a thread of Node's pool until it has answered, and everything else that
 * files are asked for needs a thread too: while a slow disk takes what is sent, some are left for those who read.
 */
import { fdatasync } from 'node:fs';
import { Places } from '#settings/places.ts';

/** Of the 16 threads that the launcher gives to an archive. */
const callsAtOnce = 12;

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

const places = new Places(callsAtOnce);

/**
 * Begins the call when fewer than a dozen are running.
 * @throws the system's error
 */
export function waitForDisk<T>(call: (done: Done<T>) => void): Promise<T> {
  return places.take(
    () => new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value)))),
  );
}

/**
 * Makes the bytes of a file durable.
 * @param fd may be one that only reads (not on Windows)
 * @throws the system's error: the bytes must then be taken for lost, whatever a second try says
 */
export function syncFile(fd: number): Promise<void> {
  return waitForDisk<void>((done) => fdatasync(fd, (error) => done(error, undefined)));
}
