/** DICOM itself, through either door: messages, data sets, pixels. */
import { availableParallelism } from 'node:os';
import { GiB, KiB, MiB } from './units.ts';

export const dicomLimits = {
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
} as const;
