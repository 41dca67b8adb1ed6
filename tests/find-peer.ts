/** For tests: an SCU of C-FIND, with nothing between it and what is on the wire but our own encoders. */
import { only } from '#derive/stored-dataset.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { type Command, commandFields, decodeCommand, noDataset } from '#dicom/dimse/command.ts';
import { encodeMessage } from '#dicom/dimse/message.ts';
import { isPending } from '#dicom/dimse/status.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';

export const findModels = {
  patientRoot: '1.2.840.10008.5.1.4.1.2.1.1',
  studyRoot: '1.2.840.10008.5.1.4.1.2.2.1',
  patientStudyOnly: '1.2.840.10008.5.1.4.1.2.3.1',
} as const;

export interface FindAnswer {
  /** The command of the last response. */
  readonly last: Command;
  /** Statuses of the pending ones, and their identifiers. */
  readonly statuses: readonly number[];
  readonly matches: readonly DicomJson[];
  /** Values of Specific Character Set in those, '' where there is none. */
  readonly characterSets: readonly string[];
}

export class FindPeer implements AsyncDisposable {
  readonly #peer: WirePeer;
  readonly #model: string;
  readonly #syntax: TransferSyntax;
  #messageID = 0;

  private constructor(peer: WirePeer, model: string, syntax: TransferSyntax) {
    this.#peer = peer;
    this.#model = model;
    this.#syntax = syntax;
  }

  /** @param extended  service class application information of its SOP class (PS3.7 D.3.3.5) */
  static async associate(
    port: number,
    model: string = findModels.studyRoot,
    transferSyntax = '1.2.840.10008.1.2.1',
    extended?: readonly number[],
    callingAETitle = 'TEST',
  ): Promise<FindPeer> {
    const contexts = [{ id: 1, abstractSyntax: model, transferSyntaxes: [transferSyntax] }];
    const request = verificationRequest({ contexts, callingAETitle });
    const asked = extended ? [{ sopClass: model, information: Buffer.from(extended) }] : [];
    const userInformation = { ...request.userInformation, extended: asked };
    const peer = await WirePeer.associate(port, { ...request, userInformation });
    return new FindPeer(peer, model, transferSyntaxOf(transferSyntax));
  }

  find(identifier: Dataset, cancelAfter?: number): Promise<FindAnswer> {
    return this.findRaw(serializeDataset(identifier, this.#syntax), cancelAfter);
  }

  /** @param cancelAfter  sends C-CANCEL when so many pending responses have come */
  async findRaw(identifier: Buffer, cancelAfter = Infinity): Promise<FindAnswer> {
    const MessageID = ++this.#messageID;
    this.#send({ CommandField: commandFields['C-FIND-RQ'], MessageID, Priority: 0 }, identifier);
    const statuses: number[] = [];
    const matches: DicomJson[] = [];
    const characterSets: string[] = [];
    for (;;) {
      const { command, dataset } = await this.#next();
      if (command.Status === undefined || !isPending(command.Status))
        return { last: command, statuses, matches, characterSets };
      statuses.push(command.Status);
      if (statuses.length === cancelAfter)
        this.#send({ CommandField: commandFields['C-CANCEL-RQ'], MessageIDBeingRespondedTo: MessageID });
      const parsed = await parseDataset(only(dataset), this.#syntax, limits.dataset);
      matches.push(toDicomJson(parsed));
      characterSets.push(parsed.elements.has(0x00080005) ? parsed.characterSet.join('\\') : '');
    }
  }

  /** Cuts the connection. */
  cut(): void {
    this.#peer.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#peer.closed;
  }

  #send(command: Omit<Command, 'CommandDataSetType'>, dataset?: Buffer): void {
    for (const bytes of encodeMessage(1, { AffectedSOPClassUID: this.#model, ...command }, dataset, 16_384))
      this.#peer.send(bytes);
  }

  async #next(): Promise<{ command: Command; dataset: Buffer }> {
    let command: Command | undefined;
    const parts: { command: Buffer[]; dataset: Buffer[] } = { command: [], dataset: [] };
    for (;;) {
      const pdu = await this.#peer.next();
      if (pdu?.type !== 4) throw new Error(`a PDU of type ${pdu?.type} in place of a response`);
      for (let at = 0; at < pdu.body.length;) {
        const end = at + 4 + pdu.body.readUInt32BE(at);
        const kind = pdu.body.readUInt8(at + 5);
        parts[kind & 1 ? 'command' : 'dataset'].push(pdu.body.subarray(at + 6, end));
        at = end;
        if (!(kind & 2)) continue;
        if (kind & 1) command = decodeCommand(Buffer.concat(parts.command));
        if (command && (!(kind & 1) || command.CommandDataSetType === noDataset))
          return { command, dataset: Buffer.concat(parts.dataset) };
      }
    }
  }
}
