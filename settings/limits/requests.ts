/** Who asks, and what is given: searches, images, HTTP and its events. */
import { totalmem } from 'node:os';
import { GiB, KiB, MiB } from './units.ts';

export const requestsLimits = {
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
    /**
     * First frames of an answer that are decoded before its status is said, and for how long: what is left out is known then. An instance
     * that turns out to be damaged later breaks the answer off.
     */
    decodedFirstBytes: 32 * MiB,
    decodedFirstMs: 10_000,
    /** Frames of a list that are read before the first is sent: what cannot be decoded is said by the status then. */
    readFirstBytes: 32 * MiB,
    /** Metadata of one series that are held until they are kept, and of so many series; longer ones are left to the worker. */
    seriesMetadataHeldBytes: 32 * MiB,
    seriesMetadataHeldAtOnce: 4,
    /** Frames and pictures that are made before the status of their answer is said, of all answers; and all that is unsent. */
    aheadOfStatusBytes: 128 * MiB,
    /** Readers who take nothing must leave a small computer the memory that it works with. */
    unsentBytes: Math.min(1 * GiB, Math.floor(totalmem() / 8)),
    /** Of one account or token: half of it. */
    unsentBytesPerCaller: Math.min(GiB / 2, Math.floor(totalmem() / 16)),
    /** Results that one query may ask for at once; more are paged. */
    queryResults: 5_000,
  },
  /** When who is refused for now may come again (Retry-After, RFC 9110 Section 10.2.3). */
  retryAfter: {
    /** While too many sign in. */
    loginSeconds: 1,
    /** While the database does not answer, or a search takes too long. */
    databaseSeconds: 5,
    /** While the storage, or the index for what is being stored, is away or the disk of the database is full. */
    storageSeconds: 30,
    /** Until somebody has made room in a full storage. */
    fullStorageSeconds: 300,
    /** While too many event streams are open. */
    streamsSeconds: 30,
    /** Who has made all entries of the worklist that one makes within a day. */
    worklistSeconds: 60,
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
} as const;
