/** Messages on their way out (PS3.7 6.3): command and data set as P-DATA-TF PDUs, one presentation data value in each. */
import { asBuffer } from '../data/as-buffer.ts';
import { type Command, encodeCommand, noDataset, withDataset } from './command.ts';
import { encodeData, fragmentBytes, pduHeaderBytes, pduType, pdvHeaderBytes } from '../network/pdu.ts';

/** The longest Error Comment (0000,0902), LO: 64 characters. */
export const errorCommentCharacters = 64;
const headerBytes = pduHeaderBytes + pdvHeaderBytes;
const padding = Buffer.alloc(1);

export type OutgoingCommand = Omit<Command, 'CommandDataSetType'>;

/**
 * A message whose data set, if it has one, is there whole: buffers for one write. The data set is not copied; one of odd
 * length gets one zero byte, for fragments have an even length (PS3.8 Annex E).
 * @param maximumLength of the peer, 0: no limit
 */
export function encodeMessage(
  contextId: number,
  command: OutgoingCommand,
  dataset: Uint8Array | undefined,
  maximumLength: number,
): Buffer[] {
  const out = [commandPdus(contextId, command, dataset !== undefined, maximumLength)];
  if (dataset === undefined) return out;
  const room = fragmentBytes(maximumLength);
  const fragments = Math.max(1, Math.ceil(dataset.length / room));
  const headers = Buffer.allocUnsafe(fragments * headerBytes);
  for (let each = 0; each < fragments; each++) {
    const header = headers.subarray(each * headerBytes, (each + 1) * headerBytes);
    const fragment = asBuffer(dataset).subarray(each * room, (each + 1) * room);
    const isLast = each === fragments - 1;
    writeHeader(header, contextId, fragment.length + (fragment.length % 2), isLast);
    out.push(header, fragment);
  }
  if (dataset.length % 2 === 1) out.push(padding);
  return out;
}

/**
 * A message whose data set comes in pieces: buffers for one write at a time, the command with the first of them. Long
 * pieces are not copied, short ones are gathered into fragments as large as the peer takes.
 */
export async function* encodeMessageInPieces(
  contextId: number,
  command: OutgoingCommand,
  dataset: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maximumLength: number,
): AsyncGenerator<Buffer[], void, void> {
  const room = fragmentBytes(maximumLength);
  let out = [commandPdus(contextId, command, true, maximumLength)];
  let gathered = Buffer.allocUnsafeSlow(headerBytes + room);
  let filled = 0;
  for await (const piece of dataset) {
    const bytes = asBuffer(piece);
    for (let at = 0; at < bytes.length;) {
      // Only now is it certain that the full one was not the last.
      if (filled === room) {
        out.push(writeHeader(gathered, contextId, filled, false));
        gathered = Buffer.allocUnsafeSlow(headerBytes + room);
        filled = 0;
      }
      if (filled === 0 && bytes.length - at > room) {
        out.push(writeHeader(Buffer.allocUnsafe(headerBytes), contextId, room, false), bytes.subarray(at, at + room));
        at += room;
        continue;
      }
      const taken = Math.min(room - filled, bytes.length - at);
      bytes.copy(gathered, headerBytes + filled, at, at + taken);
      filled += taken;
      at += taken;
    }
    if (out.length > 1) {
      yield out;
      out = [];
    }
  }
  if (filled % 2 === 1) gathered[headerBytes + filled++] = 0;
  out.push(writeHeader(gathered, contextId, filled, true).subarray(0, headerBytes + filled));
  yield out;
}

function commandPdus(contextId: number, command: OutgoingCommand, hasDataset: boolean, maximumLength: number): Buffer {
  const bytes = encodeCommand({ ...command, CommandDataSetType: hasDataset ? withDataset : noDataset });
  return encodeData({ contextId, isCommand: true }, bytes, maximumLength);
}

/** Writes the header of a PDU with one fragment of a data set (PS3.8 9.3.5). */
function writeHeader(pdu: Buffer, contextId: number, length: number, isLast: boolean): Buffer {
  pdu[0] = pduType.data;
  pdu[1] = 0;
  pdu.writeUInt32BE(length + pdvHeaderBytes, 2);
  pdu.writeUInt32BE(length + 2, 6);
  pdu[10] = contextId;
  pdu[11] = isLast ? 2 : 0;
  return pdu;
}

/** As LO can hold it in the default character repertoire, whatever it was made from. */
export function errorComment(text: string): string {
  return text
    .replaceAll('\\', '/')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, errorCommentCharacters);
}
