/** What a hospital does with its images: commitments, steps, sends, notes, and what goes out to devices because of them. */
import { GiB, MiB } from './units.ts';

export const workflowLimits = {
  /** Storage commitment (PS3.4 Annex J). */
  commitment: {
    /** Some 20,000 references in one request. */
    identifierBytes: 4 * MiB,
    identifierElements: 100_000,
    /** An archive that works on a request says so anew within this time, or another one takes it over. */
    leaseSeconds: 20,
    /** How often it is looked for requests that are due, and of how many devices they are taken up at once. */
    lookMs: 2_000,
    devicesAtOnce: 16,
    /** References that are in memory of requests that are worked on as they come; others are taken up from the database in their turn. */
    referencesAtOnce: 20_000,
    requestsAtOnce: 64,
    /** Of those that are left for later, the ones that are reported on the association that they came on, while it is open. */
    rememberedPerAssociation: 2_000,
    /**
     * Instances looked up at once. Each is read in turn with those of other requests, so that the last one may be read minutes later,
     * when it lies elsewhere.
     */
    lookedUpAtOnce: 32,
    /** How long a device may take to take the association. */
    connectMs: 15_000,
    /** After a report that did not arrive, doubling up to the longest; after the last day nobody waits for it. */
    retrySeconds: 60,
    longestRetrySeconds: 6 * 60 * 60,
    givenUpSeconds: 3 * 24 * 60 * 60,
    /** What was given up is shown for so long. */
    shownDays: 30,
    /** Requests whose answer is over are kept for so long, and those that are older looked for as often. */
    keptDays: 60,
    forgetEveryMs: 60 * 60 * 1000,
  },
  /**
   * What one device may say within a day beside its images, all of it at once if it likes: a gateway that speaks for a whole hospital, and
   * was cut off for days, says less. Bytes are those of attributes and references as they come, deflated ones too, those that were said before included where they are
   * written anew.
   */
  saidByDevicePerDay: { steps: 10_000, commitments: 200_000, bytes: 2 * GiB },
  /** What a performed procedure step says (PS3.4 Annex F). */
  performedStep: {
    /** Of N-CREATE. */
    identifierBytes: 4 * MiB,
    identifierElements: 100_000,
    /** Of N-SET: some 150,000 images. Whether it ends the step stands in it; refused, the step would stay in progress for ever. */
    change: { identifierBytes: 16 * MiB, identifierElements: 500_000 },
    /** All that has been said of a step in progress, as JSON: each change is added to what was said before it. */
    keptBytes: 16 * MiB,
    /** Of one study, or of one entry of the worklist, that are shown: the latest. */
    listed: 100,
  },
  /** Worklist (PS3.4 Annex K). */
  workflow: {
    identifierBytes: 1 * MiB,
    identifierElements: 20_000,
    /** Entries of the worklist that are looked through before other associations have a turn. */
    stepsAtOnce: 100,
    /** Entries that the API gives at once. */
    stepsListed: 200,
    /** Entries that one account or token may make within a day: a day of a hospital has some thousand. */
    stepsPerDay: 20_000,
  },
  /** Sends to devices that a rule or a person asked for. */
  sends: {
    /** At once, in one archive, and to one destination from all archives: one that is slow holds up nobody else's. */
    atOnce: 32,
    perDestination: 2,
    /** How often it is looked what is due. */
    lookMs: 1_000,
    /** A run that was not heard of for so long is taken over. */
    leaseSeconds: 60,
    /** What was acknowledged is written down so often, and when there is so much of it. */
    noteMs: 1_000,
    notedAtOnce: 50,
    /** After an attempt in vain, doubling from the one to the other; and how many in a row before a person is needed. */
    firstRetrySeconds: 30,
    longestRetrySeconds: 60 * 60,
    attempts: 24,
    /** What is over is listed for so long. */
    keptDays: 30,
    listed: 200,
  },
  /** Rules that say which studies are sent where. */
  routing: {
    lookMs: 5_000,
    /** Studies looked at in one transaction. */
    studies: 500,
    /** A study whose last instance is older is sent by no rule: less than what is over is kept for. */
    days: 14,
    forgetEveryMs: 60 * 60_000,
    listedValues: 50,
  },
  /** Rejection notes (IHE RAD TF-3 4.66). */
  rejection: {
    /** What one note may name, and with that the rows of one transaction. */
    instances: 20_000,
    /** Notes on one page of the list. */
    listed: 50,
  },
  /** Instance Availability Notifications (PS3.4 Annex R): until a device has taken the association, and has answered one. */
  availability: { connectMs: 5_000, responseMs: 30_000 },
  /** C-ECHO to a device that an administrator tests. */
  echo: { connectMs: 5_000, responseMs: 10_000 },
} as const;
