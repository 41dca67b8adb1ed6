/** Messages on their way out (PS3.7 6.3): command and data set as P-DATA-TF PDUs, one presentation data value in each. */
import { type Command, encodeCommand, noDataset, withDataset } from '#dicom/dimse/command.ts';
import { encodeData, fragmentBytes, pduHeaderBytes, pduType, pdvHeaderBytes } from '#dicom/network/pdu.ts';

/** The longest Error Comment (0000,0902), LO: 64 characters. */
const errorCommentCharacters = 64;
const headerBytes = pduHeaderBytes + pdvHeaderBytes;

/** A message without a data set: one buffer for one write. @param maximumLength of the peer, 0: no limit */
export function encodeCommandMessage(
  contextId: number,
  command: Omit<Command, 'CommandDataSetType'>,
  maximumLength: number,
): Buffer {
  const bytes = encodeCommand({ ...command, CommandDataSetType: noDataset });
  return encodeData({ contextId, isCommand: true }, bytes, maximumLength);
}

/**
 * A message with a data set: its command, then fragments of even length (PS3.8 Annex E) as large as the peer takes.
 * A data set of odd length gets one zero byte.
 */
export async function* encodeDatasetMessage(
  contextId: number,
  command: Omit<Command, 'CommandDataSetType'>,
  dataset: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maximumLength: number,
): AsyncGenerator<Buffer, void, void> {
  const bytes = encodeCommand({ ...command, CommandDataSetType: withDataset });
  yield encodeData({ contextId, isCommand: true }, bytes, maximumLength);
  const room = fragmentBytes(maximumLength);
  let pdu = Buffer.allocUnsafeSlow(headerBytes + room);
  let filled = 0;
  for await (const chunk of dataset) {
    for (let at = 0; at < chunk.length;) {
      // Only now is it certain that the full one was not the last.
      if (filled === room) {
        yield fragmentPdu(pdu, contextId, filled, false);
        pdu = Buffer.allocUnsafeSlow(headerBytes + room);
        filled = 0;
      }
      const taken = Math.min(room - filled, chunk.length - at);
      pdu.set(chunk.subarray(at, at + taken), headerBytes + filled);
      filled += taken;
      at += taken;
    }
  }
  if (filled % 2 === 1) pdu[headerBytes + filled++] = 0;
  yield fragmentPdu(pdu, contextId, filled, true);
}

function fragmentPdu(pdu: Buffer, contextId: number, length: number, isLast: boolean): Buffer {
  pdu[0] = pduType.data;
  pdu[1] = 0;
  pdu.writeUInt32BE(length + pdvHeaderBytes, 2);
  pdu.writeUInt32BE(length + 2, 6);
  pdu[10] = contextId;
  pdu[11] = isLast ? 2 : 0;
  return pdu.subarray(0, headerBytes + length);
}

/** As LO can hold it in the default character repertoire, whatever it was made from. */
export function errorComment(text: string): string {
  return text
    .replaceAll('\\', '/')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, errorCommentCharacters);
}
