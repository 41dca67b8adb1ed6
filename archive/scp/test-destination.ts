/**
 * For tests of what leaves the archive: a device that takes what is stored to it, and answers as the test says.
 */
import type { Command } from '#dicom/dimse/command.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { openListener, type TestListener } from '#dicom/dimse/test-listener.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

export interface Received {
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly command: Command;
  readonly dataset: Buffer;
}

type TakenSyntaxes = (syntax: TransferSyntax) => boolean;
type KnownClasses = (sopClass: string) => boolean;

/** A storage service; `answer` says what becomes of each instance, given how many came before. */
export function storage(
  received: Received[],
  answer: (at: number, request: Request) => Answer | Promise<Answer>,
  { takes, knows = () => true }: { takes?: TakenSyntaxes | undefined; knows?: KnownClasses | undefined } = {},
): Service<undefined> {
  return {
    name: 'Storage',
    abstractSyntaxes: knows,
    ...(takes && { transferSyntaxes: takes }),
    commands: {
      'C-STORE-RQ': async (request) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of request.dataset ?? []) pieces.push(Buffer.from(piece));
        const { command, transferSyntax } = request;
        const sopInstanceUID = command.AffectedSOPInstanceUID ?? '';
        received.push({ sopInstanceUID, transferSyntaxUID: transferSyntax, command, dataset: Buffer.concat(pieces) });
        return answer(received.length - 1, request);
      },
    },
  };
}

export interface TestDestination extends TestListener {
  readonly received: Received[];
  /** Maximum PDU length that each requestor announced. */
  readonly announced: number[];
}

export async function openDestination({
  aeTitle,
  answer = () => ({ status: 0 }),
  takes,
  knows,
}: {
  aeTitle: string;
  answer?: (at: number, destination: TestDestination) => Answer | Promise<Answer>;
  takes?: TakenSyntaxes;
  knows?: KnownClasses;
}): Promise<TestDestination> {
  const received: Received[] = [];
  const announced: number[] = [];
  const services = [storage(received, (at) => answer(at, destination), { takes, knows })];
  const listening = await openListener(services, {
    aeTitle,
    agreed: ({ maximumLength }) => announced.push(maximumLength),
  });
  const destination: TestDestination = { ...listening, received, announced };
  return destination;
}
