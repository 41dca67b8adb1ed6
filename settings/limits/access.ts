/** Who may come in, and what is told to those who look after it all. */
import { GiB } from './units.ts';

export const accessLimits = {
  access: {
    /** Callers that wait for approval in the device registry; one address may fill no more than its part. */
    waitingDevices: 200,
    waitingDevicesPerAddress: 20,
    /** Strangers of one address that are written down there within a minute: more would only push each other out. */
    waitingNotedPerMinute: 60,
    /** Callers of which it is found out at once who they are. */
    callersAskedFor: 4,
    /** For how long the registry says that some gave way, after the last that did. */
    givenWayDays: 7,
    /**
     * Wrong passwords for one account from one address, from one address for any account, and for one account from all addresses,
     * before 429; the last only for an address of which one came within the time.
     */
    guessesPerAccount: 5,
    guessesPerAddress: 60,
    guessesFromEverywhere: 30,
    /** How long wrong passwords count, and so the longest that anybody is kept out once they have stopped. */
    guessesCountMs: 60_000,
    guessersRemembered: 10_000,
    /** Passwords checked at once (19 MiB and some 30 ms of a core each), and how many may wait for that. */
    passwordsAtOnce: 2,
    passwordsWaiting: 100,
    /** A verified name and password is taken again without the slow hash (contract: at most 60 s). */
    credentialRememberedMs: 60_000,
    credentialsRemembered: 1_000,
    /** Rows of accounts, sessions, tokens and devices: a change of one holds within this time. */
    rowsRememberedMs: 1_000,
    rowsRemembered: 10_000,
    /** How often it is looked which open associations and requests are of callers that were locked out meanwhile. */
    lockedOutMs: 1_000,
    lockedOutAnswerMs: 5_000,
    /** A request of theirs that is not answered within this time is cut off. */
    lockedOutGraceMs: 1_000,
    /** How often it is written down what each device has stored. */
    figuresWrittenMs: 5_000,
    /** Addresses of devices that are registered by host name. */
    namesRememberedMs: 60_000,
    /** Of one account, which a whole hospital may share; for one more ends one of the place that has most, the one that was not used for longest. */
    sessionsPerAccount: 500,
    /** A session ends when it was not used for so long, and in any case after `sessionMinutes`. */
    sessionIdleMinutes: 12 * 60,
    sessionMinutes: 7 * 24 * 60,
    /** Who signed in longer ago is asked for the password once more before accounts change. */
    signedInLatelyMinutes: 10,
    /** How often it is written down that a session, token or device is in use. */
    seenNotedSeconds: 60,
    userNameCharacters: 64,
    /** Of a password that a person chooses; the fewest are those of NIST SP 800-63B. */
    passwordFewestCharacters: 8,
    passwordCharacters: 128,
    tokenNameCharacters: 64,
  },
  /** What the status page lists and warns of. */
  status: {
    alertsRememberedMs: 2_000,
    /** A certificate that ends so soon. */
    certificateDays: 21,
    failedJobs: 200,
    /** So little space: where nothing comes in by which days could be told, */
    lowSpaceBytes: 20 * GiB,
    /** and for so few days: a hospital that needs another disk asks for an offer first. */
    lowSpaceDays: 30,
    /** A job that is owed for longer means that the worker does not keep up, or does not run. */
    owedSeconds: 15 * 60,
  },
} as const;
