/**
 * Limits for everything that a stranger can send (contract, promise 6), each with its unit in its name.
 * Not settings: an operator has no reason to change them, and a test can rely on them.
 */
const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const limits = {
  /** DICOM upper layer (PS3.8) and message exchange (PS3.7). */
  dimse: {
    /** Maximum length that we announce (PS3.8 D.1): P-DATA-TF variable field. Large, so that a CT slice takes 2 PDUs. */
    announcedPduBytes: 256 * KiB,
    /** P-DATA-TF that we still take from a peer that ignores what we announced; longer ones abort the association. */
    acceptedPduBytes: 1 * MiB,
    /** A-ASSOCIATE-RQ, items included. 128 contexts of 20 syntaxes with 64-character UIDs stay under it. */
    associateRequestBytes: 256 * KiB,
    /** PS3.8 7.1.1.13: context IDs are the odd numbers 1–255. */
    presentationContexts: 128,
    transferSyntaxesPerContext: 64,
    associations: 400,
    associationsPerAddress: 300,
    /** A command set (group 0000) is a dozen short elements. */
    commandSetBytes: 64 * KiB,
    /** ARTIM (PS3.8 9.1.5): how long a transport connection may be open without an association. */
    artimMs: 30_000,
    /** An association on which nothing has come or gone. */
    idleAssociationMs: 10 * 60_000,
    /** A message of which a part has come and then nothing more. */
    stalledMessageMs: 60_000,
    /** Asynchronous operations (PS3.7 D.3.3.3) that we perform at once on one association. */
    operationsPerformed: 16,
    userIdentityBytes: 8 * KiB,
  },
  /** Data sets (PS3.5), through either door. */
  dataset: {
    bytes: 16 * GiB,
    /** Nested sequences; the deepest that we know of in the wild has 12. */
    sequenceDepth: 64,
    /** Elements before Pixel Data, nested ones included. */
    elements: 1_000_000,
    /** One value other than Pixel Data that is kept in memory while attributes are read. */
    attributeValueBytes: 1 * MiB,
    /** All such values of one instance together. */
    attributeBytes: 8 * MiB,
    frames: 1_000_000,
    /** What a deflated data set (PS3.5 A.5) may grow to. No ratio: a blank radiograph shrinks a thousandfold. */
    inflatedBytes: 1 * GiB,
  },
  /** HTTP: DICOMweb (PS3.18), the API, the viewer's pages. */
  http: {
    headerBytes: 16 * KiB,
    urlBytes: 16 * KiB,
    jsonBodyBytes: 1 * MiB,
    connections: 1_000,
    headersTimeoutMs: 15_000,
    /** A connection in the middle of a request or an answer on which nothing comes or goes. */
    stalledMs: 120_000,
    keepAliveMs: 75_000,
    /** How long the rest of a body that was refused is thrown away before the connection is cut. */
    unwantedBodyMs: 5_000,
    /** How long running requests may go on when the archive stops. */
    drainMs: 4_000,
    /** How long one look at our health counts, and how long a part of us may take to answer it. */
    healthRememberedMs: 1_000,
    healthPartMs: 1_500,
    /** STOW-RS (PS3.18 10.5): headers of one part. The number of parts and their sum are free. */
    multipartHeaderBytes: 8 * KiB,
    multipartBoundaryBytes: 70,
    queryParameters: 100,
    /** Results that one query may ask for at once; more are paged. */
    queryResults: 5_000,
  },
  access: {
    /** Callers that wait for approval in the device registry; one address may fill no more than its part. */
    waitingDevices: 200,
    waitingDevicesPerAddress: 20,
    /** Wrong passwords for one account from one address, and from one address for any account, before 429. */
    guessesPerAccount: 5,
    guessesPerAddress: 60,
    /** How long wrong passwords count, and so the longest that anybody is kept out. */
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
    /** Addresses of devices that are registered by host name. */
    namesRememberedMs: 60_000,
    /** A session ends when it was not used for so long, and in any case after `sessionMinutes`. */
    sessionIdleMinutes: 12 * 60,
    sessionMinutes: 7 * 24 * 60,
    /** How often it is written down that a session, token or device is in use. */
    seenNotedSeconds: 60,
    userNameCharacters: 64,
    passwordCharacters: 128,
    tokenNameCharacters: 64,
  },
} as const;
