// Sizes of files and disks as the reader writes them. Apart from the other formats: the shell shows none.
import { number } from './format.ts';

/** A file's size, in the unit that leaves one or two digits before the point. */
export function size(bytes: number): string {
  return bytes < 1e6 ? `${number(Math.ceil(bytes / 1e3))} kB` : `${number(bytes / 1e6, 1)} MB`;
}

/** Room on a disk, in the largest unit that leaves a digit before the point. */
export function space(bytes: number): string {
  const units = ['MB', 'GB', 'TB'];
  let value = bytes / 1e6;
  while (value >= 1000 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${number(value, value < 10 ? 1 : 0)} ${units[0]}`;
}
