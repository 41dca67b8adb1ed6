/**
 * What one peer may ask of the upper layer (PS3.8) and of message exchange (PS3.7).
 * Whoever opens a listener or an association may pass other values; these are the ones that need no thought.
 */
export interface UpperLayerLimits {
  /** Maximum length that we announce (PS3.8 D.1): bytes of a P-DATA-TF after its length field. */
  readonly announcedPduBytes: number;
  /** P-DATA-TF that we still take from a peer that ignores what we announced. Nothing is accumulated either way. */
  readonly acceptedPduBytes: number;
  /** A-ASSOCIATE-RQ and -AC, all items included: kept in memory until it is whole. */
  readonly associateRequestBytes: number;
  /** Context IDs are the odd numbers 1–255 (PS3.8 9.3.2.2). */
  readonly presentationContexts: number;
  /** The smallest maximum length with which a peer can be answered at all. */
  readonly smallestPeerPduBytes: number;
  /** Transport connections at once that have no association: silent, asking for one, or rejected. Beyond it one of them is closed. */
  readonly strangers: number;
  readonly associations: number;
  /** Of those, places for callers that have none yet. */
  readonly associationsKept: number;
  readonly associationsPerAddress: number;
  /** ARTIM (PS3.8 9.1.5): how long a connection may be open before its A-ASSOCIATE-RQ, or after its end. */
  readonly artimMs: number;
  /** An association on which nothing has come, gone or been computed. */
  readonly idleAssociationMs: number;
  /** A message of which a part has come and then nothing more; an answer that is not read. */
  readonly stalledMessageMs: number;
  /** What has to come of a message, and what has to be taken of what we send, within `stalledMessageMs`. */
  readonly leastPaceBytes: number;
  /** A request of ours that is sent whole and not answered. */
  readonly responseMs: number;
  /** A command set (PS3.7 6.3.1): a dozen short elements. */
  readonly commandSetBytes: number;
  /** Pieces in which a command set may come. */
  readonly commandSetPieces: number;
  /** Requests that wait on one association for their turn. */
  readonly waitingRequests: number;
  /** Asynchronous operations (PS3.7 D.3.3.3) that we perform at once on one association, where negotiated. */
  readonly operationsPerformed: number;
  /** The same for what we invoke. */
  readonly operationsInvoked: number;
  /** Bytes of data sets that wait on one association for their reader before the socket is paused. */
  readonly bufferedBytes: number;
}

/** By its maximum length (PS3.8 D.1) a peer takes so little at once that it cannot be answered: each PDU costs more than it brings. */
export function takesTooLittle(
  maximumLength: number,
  { smallestPeerPduBytes }: Pick<UpperLayerLimits, 'smallestPeerPduBytes'>,
): boolean {
  return maximumLength !== 0 && maximumLength < smallestPeerPduBytes;
}

const KiB = 1024;

export const upperLayerLimits: UpperLayerLimits = {
  announcedPduBytes: 256 * KiB,
  acceptedPduBytes: 1024 * KiB,
  associateRequestBytes: 320 * KiB,
  presentationContexts: 128,
  smallestPeerPduBytes: 64,
  strangers: 600,
  associations: 256,
  associationsKept: 0,
  associationsPerAddress: 256,
  artimMs: 30_000,
  idleAssociationMs: 10 * 60_000,
  stalledMessageMs: 60_000,
  leastPaceBytes: 4 * KiB,
  responseMs: 120_000,
  commandSetBytes: 64 * KiB,
  commandSetPieces: 2048,
  waitingRequests: 16,
  operationsPerformed: 16,
  operationsInvoked: 8,
  bufferedBytes: 512 * KiB,
};
