/**
 * How often a test tries what it says, where more trials make only more certain: at a desk a share, in as little time as one waits;
 * all of it with REQUIRE_ALL=1, as `.ci/run` sets it. A share leaves out no statement, and the name of each such test tells how
 * much it has tried.
 */
import { posix } from 'node:path';

const isThorough = process.env['REQUIRE_ALL'] === '1';

/** Things that people and machines do all day. */
export const everydayActs = isThorough ? 1_000 : 250;

/** Studies that one query finds. */
export const manyMatches = isThorough ? 200_000 : 50_000;

/** Studies in the index whose plans are looked at: with far fewer it is right to read some tables from end to end. */
export const plannedStudies = isThorough ? 100_000 : 60_000;

/** Associations and answers that were damaged: a hundred thousand in all, and one in six of them. */
export const damagedAssociations = isThorough ? 84_000 : 12_000;
export const damagedAnswers = isThorough ? 16_000 : 4_000;

/** Times that a kill overtakes a rejection note, each kind of them once at least. */
export const overtakenNotes = isThorough ? 8 : 3;

/** For the names of tests: in how many of the ways `waysOf` gives a page is looked at. */
export const whichWays = isThorough ? 'in all of these ways' : 'each page in one of these ways';

/** The ways in which a page is looked at: sizes, themes, languages. All, or one, which is another one for the next in turn. */
export function waysOf<Way>(ways: readonly Way[], turn: number): readonly Way[] {
  return isThorough ? ways : [ways[turn % ways.length]!];
}

/** For the names of tests: what each of two drawers is given of what it could draw. */
export const whichDrawn = isThorough ? 'each' : 'each that the other one is not given';

/** Whether the drawer with this number, of two, is given what has this number. */
export function isDrawnBy(drawer: number, number: number): boolean {
  return isThorough || number % 2 === drawer;
}

/** Whether a series is read in a new WebKit although there is an old one, which reads it, too. */
export const newWebKitBesideOld = isThorough;

const every = isThorough ? 1 : 12;

/** For the names of tests: which files `shareOf` gives. */
export const whichFiles = isThorough ? 'of all files' : 'of a twelfth of the files, one of each folder at least';

/** Of each folder the first file and every twelfth after it, or all, in the order in which they are given. */
export function shareOf<File>(files: Iterable<File>, pathOf: (file: File) => string): File[] {
  const seen = new Map<string, number>();
  return [...files].filter((file) => {
    const folder = posix.dirname(pathOf(file));
    const number = seen.get(folder) ?? 0;
    seen.set(folder, number + 1);
    return number % every === 0;
  });
}

/** How many there must be of so many that all would be. */
export function atLeast(ofAll: number): number {
  return Math.floor(ofAll / every);
}
