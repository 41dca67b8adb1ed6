/**
 * Has the system acknowledge what comes over a connection when it has been read, and not up to 40 ms later.
 *
 * Linux takes a connection on which we answer for a dialogue and keeps its acknowledgements back, to send them with the answers.
 * A peer that leaves Nagle's algorithm on (RFC 896; DCMTK does by default, and much is built on it) writes a command, and
 * the data set after it; the last piece of that is less than a segment, so it is kept back too, until what came before is
 * acknowledged. Each waits for the other, with every message. Only a socket option that Node does not know ends it, and what we
 * send brings it back.
 */
import type { Socket } from 'node:net';

/** Of Linux: `IPPROTO_TCP` and `TCP_QUICKACK` (tcp(7)). */
const tcp = 6;
const quickAcknowledgement = 12;
const on = new Int32Array([1]);

type SetSocketOption = (descriptor: number, level: number, option: number, value: Int32Array, bytes: number) => number;

const setSocketOption = process.platform === 'linux' ? await find() : undefined;

/** Of the C library that is loaded. On a machine for which koffi has no build everything works, some of it 40 ms later. */
async function find(): Promise<SetSocketOption | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    return koffi.load(null).func('int setsockopt(int, int, int, const int *, uint32_t)');
  } catch {
    return undefined;
  }
}

/** To be called with what comes first after an answer. Does nothing where the system is another, and for a socket that is closed. */
export function acknowledgeWhenRead(socket: Socket): void {
  const descriptor = descriptorOf(socket);
  if (descriptor !== undefined) setSocketOption?.(descriptor, tcp, quickAcknowledgement, on, on.byteLength);
}

/** What only the handle tells, which is internal to Node; over TLS that of the connection below. */
function descriptorOf(socket: Socket): number | undefined {
  const { fd } = (socket as unknown as { readonly _handle?: { readonly fd?: unknown } | null })._handle ?? {};
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
