/**
 * Answers our own requestor with damage: what a real archive has answered to each request, recorded and damaged, from a peer
 * that may then hang up, cut the connection or say no more. Our side must not hang, nor grow, nor fail with anything that is
 * no word of the network.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { connectExchange, echo, find, move, NoPresentationContext, store } from '#dicom/dimse/requests.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { randomOf } from '#samples/seed.ts';
import { secondaryCapture, smallInstance } from '../dataset-bytes.ts';
import { inTime } from '../in-time.ts';
import { damaged, type FuzzOptions, pdusOf } from './damage.ts';
import { recorded } from './recorder.ts';

type Operation = (exchange: Exchange<undefined>) => Promise<unknown>;

const implicitLE = uid('1.2.840.10008.1.2');
const explicitLE = uid('1.2.840.10008.1.2.1');
const [study, series, instance] = ['2.25.41', '2.25.42', '2.25.43'] as const;
const [studyInstanceUID, patientName] = [0x0020000d, 0x00100010];

/** What we ask, in the order in which the archive that is recorded has to be asked. */
const operations: readonly Operation[] = [
  (exchange) => echo(exchange),
  (exchange) =>
    store(exchange, {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID: explicitLE,
      dataset: smallInstance({ study, series, instance, patientID: 'A' }),
    }),
  async (exchange) => {
    const keys = new Map([
      [studyInstanceUID, ''],
      [patientName, ''],
    ]);
    const found = find(exchange, { sopClassUID: studyRoot.find, identifier: queryIdentifier('STUDY', keys) });
    while ((await found.next()).done !== true);
  },
  (exchange) =>
    move(exchange, {
      sopClassUID: studyRoot.move,
      identifier: queryIdentifier('STUDY', new Map([[studyInstanceUID, study]])),
      destination: 'LIGHTBOX',
    }),
];
const contexts = [verificationSOPClass, uid(secondaryCapture), studyRoot.find, studyRoot.move].map(
  (abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [explicitLE, implicitLE] }),
);
/** Of A-ASSOCIATE-RJ there are too few to be recorded (PS3.8 9.3.4). */
const rejection = Buffer.from([3, 0, 0, 0, 0, 4, 0, 1, 1, 3]);

/** Short, because whoever says no more is waited for so long. */
const waitMs = 250;
const limits = { ...upperLayerLimits, artimMs: waitMs, responseMs: waitMs, stalledMessageMs: waitMs };
const atOnce = 16;
/** The waits above, on a busy machine. */
const hangMs = 30_000;

async function ask(port: number, operation: Operation, own = limits): Promise<void> {
  const called = { host: '127.0.0.1', port, callingAETitle: 'LIGHTBOX', calledAETitle: 'LIGHTBOX' };
  const exchange = await connectExchange({ ...called, contexts, limits: own });
  try {
    await operation(exchange);
  } finally {
    // As everybody leaves who has what he came for: how it ends changes nothing.
    const tooLong = setTimeout(() => exchange.abort('no release in time'), waitMs);
    await exchange.release().catch(() => {});
    clearTimeout(tooLong);
  }
}

/** By operation, what an archive answers, from A-ASSOCIATE-AC to A-RELEASE-RP. */
export async function recordAnswers(port: number): Promise<Buffer[]> {
  const recordings: Buffer[] = [];
  for (const operation of operations) {
    const said = await recorded(port, 'acceptor', (through) => ask(through, operation, upperLayerLimits));
    recordings.push(...said);
  }
  return recordings;
}

export interface AnswersSummary {
  readonly inputs: number;
  /** Requests that ended well all the same. */
  readonly answered: number;
  /** By the name of the error. */
  readonly failed: Readonly<Record<string, number>>;
  /** Of this process, in MiB: before, and the most that was seen. */
  readonly residentMiB: { readonly before: number; readonly most: number };
  /** What must not be. */
  readonly faults: readonly string[];
}

/** @param recordings as `recordAnswers` gives them */
export async function fuzzAnswers(
  recordings: readonly Buffer[],
  { seed, inputs, onProgress }: FuzzOptions,
): Promise<AnswersSummary> {
  const others = [...recordings.map(pdusOf), [rejection]];
  const faults: string[] = [];
  const failed: Record<string, number> = {};
  const before = residentMiB();
  let [most, begun, done, answered] = [before, 0, 0, 0];

  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      const peer = new HostilePeer();
      const port = await peer.listen();
      while (begun < inputs && faults.length < 10) {
        const number = begun++;
        const at = number % operations.length;
        const random = randomOf(`${seed} ${number}`);
        // Mostly the answers to what is asked, so that they are followed for a while.
        const whose = random() < 0.9 ? [others[at] as Buffer[]] : others;
        peer.prepare(Buffer.concat(damaged(whose, random)), random());
        try {
          await inTime(ask(port, operations[at] as Operation), hangMs, 'the end of the request');
          answered++;
        } catch (error) {
          const { name } = error as Error;
          failed[name] = (failed[name] ?? 0) + 1;
          if (!isOfTheNetwork(error)) faults.push(`input ${number}: ${(error as Error).stack}`);
        }
        done++;
        onProgress?.(done);
        most = Math.max(most, residentMiB());
      }
      await peer.close().catch((error: unknown) => faults.push(String(error)));
    }),
  );
  return { inputs: done, answered, failed, residentMiB: { before, most }, faults };
}

const isOfTheNetwork = (error: unknown): boolean =>
  [AssociationLost, AssociationRejected, NoPresentationContext, BadDataset].some((kind) => error instanceof kind);

/** Answers what comes with a turn of what was prepared: the first PDU, those in the middle, the last one. */
class HostilePeer {
  #turns: Buffer[] = [];
  #goodbye = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    const turns = [...this.#turns];
    const goodbye = this.#goodbye;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', () => {
      const turn = turns.shift();
      if (turn) socket.write(turn);
      if (turns.length > 0) return;
      if (goodbye < 0.8) socket.end();
      else if (goodbye < 0.9) socket.resetAndDestroy();
    });
  });

  listen(): Promise<number> {
    return listening(this.#server);
  }

  /** @param goodbye from 0 to 1: ends, cuts, or says no more */
  prepare(answers: Buffer, goodbye: number): void {
    const [first = Buffer.alloc(0), ...more] = pdusOf(answers);
    const last = more.pop();
    this.#turns = [first, ...(more.length > 0 ? [Buffer.concat(more)] : []), ...(last ? [last] : [])];
    this.#goodbye = goodbye;
  }

  /** @throws Error when somebody whose request is over is still connected */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    const tooLong = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy(new Error('left open'));
    }, hangMs);
    const left = new Promise<never>((_, reject) => {
      for (const socket of this.#sockets) socket.on('error', reject);
    });
    await Promise.race([closed, left]).finally(() => clearTimeout(tooLong));
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const residentMiB = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);
