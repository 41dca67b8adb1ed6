/**
 * Limits for everything that a stranger can send (contract, promise 6), each with its unit in its name.
 * A few are the defaults of settings (settings/variables.ts); no operator has a reason to change the others.
 */
import { availableParallelism, totalmem } from 'node:os';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const limits = {
  /** How long each part of the end may take: all of it 10 s, after which Docker kills. */
  stop: {
    /** Of archive and worker, side by side; then they are killed. */
    programsMs: 5_000,
    /** Of the archive's doors, side by side: requests and operations that are running may go on for so long. */
    httpMs: 4_000,
    dimseMs: 4_000,
    /** Of the PostgreSQL that comes along, behind the programs: a clean stop first, then one that leaves the rest to the recovery at the next start. */
    databaseCleanMs: 3_000,
    databaseQuickMs: 1_000,
  },
  /** DICOM upper layer (PS3.8) and message exchange (PS3.7). */
  dimse: {
    /** Maximum length that we announce (PS3.8 D.1): P-DATA-TF variable field. Large, so that a CT slice takes 2 PDUs. */
    announcedPduBytes: 256 * KiB,
    /** P-DATA-TF that we still take from a peer that ignores what we announced; longer ones abort the association. */
    acceptedPduBytes: 1 * MiB,
    /** A-ASSOCIATE-RQ: 128 contexts of every syntax that there is, and a user identity as long as it may be, stay under it. */
    associateRequestBytes: 320 * KiB,
    /** PS3.8 7.1.1.13: context IDs are the odd numbers 1–255. */
    presentationContexts: 128,
    /** Connections that have no association: silent, within a TLS handshake, asking for one, or rejected. */
    strangers: 600,
    associations: 400,
    /** The part of them that is left to devices that have none yet. */
    associationsKeptShare: 1 / 8,
    associationsPerAddress: 300,
    associationsPerDevice: 200,
    /** A command set (group 0000) is a dozen short elements. */
    commandSetBytes: 64 * KiB,
    /** ARTIM (PS3.8 9.1.5): how long a transport connection may be open without an association. */
    artimMs: 30_000,
    /** An association on which nothing has come or gone. */
    idleAssociationMs: 10 * 60_000,
    /** A message of which a part has come and then nothing more. */
    stalledMessageMs: 60_000,
    /** The least of a message that has to come, or of our answers that has to be taken, within that time: a modem does a hundred times that. */
    leastPaceBytes: 4 * KiB,
    /** A request of ours that is sent whole and not answered: a C-STORE to a slow disk. */
    responseMs: 120_000,
    /** Asynchronous operations (PS3.7 D.3.3.3) that we perform, or invoke, at once on one association. */
    operationsPerformed: 16,
    operationsInvoked: 8,
  },
  /** Data sets (PS3.5), through either door. */
  dataset: {
    bytes: 16 * GiB,
    /** Nested sequences; the deepest that we know of in the wild has 12. */
    sequenceDepth: 64,
    /** Items of a sequence that the index keeps of one data set. */
    indexedItems: 64,
    /** Elements before Pixel Data, nested ones included. */
    elements: 1_000_000,
    /** One value other than Pixel Data that is kept in memory while attributes are read. */
    attributeValueBytes: 1 * MiB,
    /** All such values of one instance together. */
    attributeBytes: 8 * MiB,
    frames: 1_000_000,
    /** With more than this around their pixels, data sets count for what a process holds in memory at once. */
    heavyBytes: 128 * KiB,
    /** So much of them together, or one that is larger: a byte becomes 10 there, in the worst case 36. */
    heldBytes: 8 * MiB,
    /** Whoever holds one for longer gives it out to somebody slow. */
    heldMs: 15_000,
    /** How long one waits for room. */
    roomWaitMs: 20_000,
    /**
     * Of identifiers and attributes of requests that have no pixels: bytes of all, and of one caller, that are in memory before anything is made of
     * them, each counted as the longest that it may be, of which the longest has 16 MiB. Short requests do not count: nobody is kept from asking by
     * those who say much.
     */
    collectedBytes: 64 * MiB,
    collectedBytesPerCaller: 32 * MiB,
    uncountedBytes: 8 * KiB,
    /** What a deflated data set (PS3.5 A.5) may grow to. No ratio: a blank radiograph shrinks a thousandfold. */
    inflatedBytes: 1 * GiB,
    /** Of one turn of the event loop: what all who send have reading done, before others have theirs. */
    readMsPerTurn: 1,
  },
  /** Decoding and rendering of frames, in threads of their own. */
  pixels: {
    threads: Math.max(1, Math.min(4, availableParallelism())),
    /** Frames that may wait for a thread; the next one is answered at once that we are busy. */
    waiting: 256,
    /** One frame, and more for each MiB of it. A thread that needs longer is stopped and replaced. */
    taskMs: 10_000,
    taskMsPerMiB: 500,
    /** Where it is compressed too: JPEG 2000 takes a second for a MiB of noise. */
    recodeMsPerMiB: 2_000,
    /** One decoded frame, and one as it is stored. */
    frameBytes: 256 * MiB,
    /**
     * Larger ones are decoded one at a time, so that other frames have the other threads. The largest mammograms, 4728 x 5928 pixels of
     * 50 um and 16 bits (53.5 MiB), are not: four of them are one examination. As many as a thread keeps the memory of.
     */
    largeFrameBytes: 64 * MiB,
    /** A picture that is asked for smaller than such a frame is made of fewer pixels, where its compression has them ready. */
    reducedFromBytes: 16 * MiB,
    /** JavaScript's heap of one thread; decoders have memory of their own beside it. */
    threadHeapMiB: 256,
    /** A decoder's memory never shrinks: after a frame larger than this its thread is replaced. */
    threadKeptBytes: 64 * MiB,
    /** Memory that a frame goes to a thread in and its picture comes back in: a CT slice takes three quarters of it. */
    lentBytes: 1 * MiB,
    /** Deflated data sets that stay open where their last frame ended, and how long, for who asks for the next one. */
    inflatingKept: 4,
    inflatingKeptMs: 5_000,
    /** What each of them has passed, in a file of the temporary directory, for who asks for an earlier frame. */
    inflatedScratchBytes: 256 * MiB,
    /** Decoded frames that are kept for who asks for them again. */
    rememberedBytes: 64 * MiB,
    /** Heads of objects that are kept for their next picture, and how long. */
    headsRememberedBytes: 48 * MiB,
    headsRememberedMs: 60_000,
    /** Decoded pixels of a version that are compared with those of the current one, while its sender waits. */
    comparedBytes: 256 * MiB,
    /** A side of a viewport that a rendered picture is scaled into. */
    pictureSide: 8_192,
    /** Pictures of more are encoded apart from others, and fewer at once. */
    largePicturePixels: 4_000_000,
    /** When to come back after all places were taken. */
    retryAfterSeconds: 2,
  },
  /** C-FIND and QIDO-RS. */
  search: {
    /** One statement; a long answer is made of many. */
    statementMs: 30_000,
    /** Until a search may begin, while as many run as may: they leave connections of PostgreSQL to others. */
    waitMs: 10_000,
    /** Up to here totals are exact. */
    total: 10_000,
    /** Values of one key, and those of them that are words or have wildcards. */
    values: 20_000,
    patterns: 100,
    /** Elements of a C-FIND identifier, and its bytes. */
    identifierElements: 1_000,
    identifierBytes: 1 * MiB,
    /** Objects read at once for attributes that the index does not hold. */
    headsAtOnce: 8,
    /** Matches in one answer for which such attributes are read. */
    heads: 1_000,
  },
  /** C-GET and C-MOVE (PS3.4 C.4.2, C.4.3). */
  retrieve: {
    /** Where the instances of a series lie is remembered for so long, for so many of it, of so many series. */
    rememberedMs: 1_000,
    instancesRemembered: 1_000,
    seriesRemembered: 100,
    /** Unique keys: lists of UIDs, no more. */
    identifierBytes: 1 * MiB,
    identifierElements: 1_000,
    /** What one request may ask for; a whole hospital is not moved by one. */
    instances: 100_000,
    /** Rows of instances that one request has in memory; they are read anew some objects before the last was sent. */
    rowsAtOnce: 100,
    /**
     * C-GETs and C-MOVEs that are performed at once, so many of each; the next one is refused for now, but for a C-MOVE to a
     * destination that has none under way, or the first of a caller.
     */
    atOnce: 64,
    /** C-GETs of one device: with the rest of them others go on. */
    getsPerCaller: 48,
    atOncePerDestination: 16,
    /** Objects up to here are read in one piece, and before their turn; longer ones in pieces of so much, two at a time. */
    wholeBytes: 1 * MiB,
    /** Objects of one request that are read before their turn, and how much of memory those of all requests take. */
    objectsAhead: 8,
    aheadBytes: 64 * MiB,
    /** How often a decoder is asked for that is busy, and how long between. */
    decoderTries: 15,
    decoderWaitMs: 1_000,
    /** How often the requestor hears how far we are. */
    pendingMs: 1_000,
    /** Until a destination has taken the connection and the association. */
    connectMs: 15_000,
    /** How often a destination that ended an association is tried again with the rest. */
    reconnections: 3,
    /** How long an archive that we ask by C-MOVE may say nothing while it sends; many send no pending responses. */
    silentMoveMs: 60 * 60_000,
    /** The same of one series of a study that it gave up, which is asked for by itself; one image has what every answer has. */
    silentSeriesMoveMs: 10 * 60_000,
    /** After C-CANCEL, how long a destination may take to answer what it has; and at the end of any association of ours, to release. */
    endMs: 2_000,
  },
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
   * was cut off for days, says less. Bytes are those of attributes and references, those that were said before included where they are
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
  /** What a load balancer has to say before the bytes of a connection (the PROXY protocol). */
  proxyHeaderMs: 5_000,
  /** HTTP: DICOMweb (PS3.18), the API, the viewer's pages. */
  http: {
    headerBytes: 16 * KiB,
    /** Read in one turn of the event loop: a megabyte of lists in lists takes a second, in which nobody else has an answer. */
    jsonBodyBytes: 128 * KiB,
    /** Of who is not logged in yet. */
    loginBodyBytes: 8 * KiB,
    /** Whoever comes then takes the place of one that is being done nothing for, or is not known. */
    connections: 1_000,
    /** On one connection, the one that is being answered and those that wait for it. */
    pipelinedRequests: 32,
    /**
     * Under way of one account or token, which a whole hospital may share: each of its browsers has six at most. So many of them are
     * answered at once, and the others wait for those.
     */
    requestsPerCaller: 500,
    answeredPerCaller: 192,
    /** The same of one account or token from one address, so that who holds all of these leaves others something of the account's. */
    requestsPerAddress: 300,
    answeredPerAddress: 48,
    requestsRetryAfterSeconds: 2,
    /** How long one waits for its turn; behind `stalledMs` its connection would be cut without an answer. */
    turnMs: 60_000,
    headersTimeoutMs: 15_000,
    /** A request in the clear on the port that speaks HTTPS, until it is answered and gone. */
    clearRequestMs: 5_000,
    /** A connection in the middle of a request or an answer on which nothing comes or goes. */
    stalledMs: 120_000,
    /** The least of a request that has to come, or of an answer that has to be taken, within that time. */
    leastPaceBytes: 8 * KiB,
    keepAliveMs: 75_000,
    /** How long the rest of a body that was refused is thrown away before the connection is cut. */
    unwantedBodyMs: 5_000,
    /** How long one look at our health counts, and how long a part of us may take to answer it. */
    healthRememberedMs: 1_000,
    healthPartMs: 1_500,
    /** How often an archive looks at it where nobody asks, so that since when something is wrong is known. */
    healthWatchedMs: 15_000,
    /** How long an archive that has opened its doors waits until it is healthy, before it says that it is ready all the same. */
    healthAwaitedMs: 15_000,
    /** STOW-RS (PS3.18 10.5): headers of one part. The number of parts and their sum are free. */
    multipartHeaderBytes: 8 * KiB,
    /** Parts that could not be kept and are named one by one; of further ones the answer says how many. */
    failuresListed: 10_000,
    /**
     * Parts of one request that are no DICOM: each costs a tenth of a millisecond, whatever it holds, and whoever sends a
     * million of nothing sends nothing else. What follows them is passed over.
     */
    partsWithoutInstance: 20_000,
    /** RFC 2046 Section 5.1.1 has 70 at most; Orthanc joins two UUIDs and writes 73. */
    multipartBoundaryBytes: 128,
    queryParameters: 100,
    /** How long a browser remembers that pages of another origin may ask. */
    preflightSeconds: 600,
    /** A binary value that stands in metadata itself; a palette of 65,536 entries is the longest that a viewer needs. */
    inlineBinaryBytes: 128 * KiB,
    /** A search result or metadata up to here is whole before its first byte is sent, so that it can have an ETag. */
    heldAnswerBytes: 256 * KiB,
    /** Frames and pictures that are made before the status of their answer is said, of all answers; and all that is unsent. */
    aheadOfStatusBytes: 128 * MiB,
    /** Readers who take nothing must leave a small computer the memory that it works with. */
    unsentBytes: Math.min(1 * GiB, Math.floor(totalmem() / 8)),
    /** Of one account or token: half of it. */
    unsentBytesPerCaller: Math.min(GiB / 2, Math.floor(totalmem() / 16)),
    /** Results that one query may ask for at once; more are paged. */
    queryResults: 5_000,
  },
  /** /api/events: what open study lists are told. */
  events: {
    streams: 500,
    /** Of one account or token, which a whole hospital may share, and of it from one address. */
    streamsPerCaller: 200,
    streamsPerAddress: 100,
    /** How often it is asked what changed, while anybody listens. */
    lookMs: 1_000,
    /** A transaction may take so long until what it changed is seen; asked for again and again within it. */
    overlapSeconds: 20,
    /** Studies named in one event; with more, a listener only learns that there are many. */
    studies: 200,
    /** Something is sent at least this often, so that nothing on the way takes the connection for dead. */
    heartbeatMs: 25_000,
    /** A stream ends after so long, and its browser asks again: then its session is checked anew. */
    streamMs: 10 * 60_000,
    /** A listener that does not read is cut. */
    unreadBytes: 64 * KiB,
  },
  /** How often it is looked whether the certificate files are new. */
  tls: { lookMs: 2_000 },
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
} as const;
