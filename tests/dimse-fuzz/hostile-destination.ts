/**
 * A C-MOVE destination that answers each request it gets with what was prepared, and then hangs up, cuts the connection or says
 * no more; while nothing is prepared, it passes everything on to a destination that behaves.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { openDestination, type TestDestination } from '#archive/scp/test-destination.ts';
import { pdusOf } from './damage.ts';

export interface Prepared {
  /** One for the association, one for each C-STORE, one for the release. */
  readonly turns: readonly Buffer[];
  /** From 0 to 1: ends, cuts, or says no more. */
  readonly goodbye: number;
}

export class HostileDestination implements AsyncDisposable {
  readonly aeTitle: string;
  prepared: Prepared | undefined;
  /** Where everything goes while nothing is prepared. */
  target: number;
  readonly #good: TestDestination;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(aeTitle: string): Promise<HostileDestination> {
    const good = await openDestination({ aeTitle });
    const destination = new HostileDestination(aeTitle, good);
    destination.#server.listen(0, '127.0.0.1');
    await once(destination.#server, 'listening');
    return destination;
  }

  private constructor(aeTitle: string, good: TestDestination) {
    this.aeTitle = aeTitle;
    this.#good = good;
    this.target = good.port;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      if (this.prepared) answerInTurn(socket, this.prepared);
      else socket.pipe(connect(this.target, '127.0.0.1').on('error', () => socket.destroy())).pipe(socket);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get goodPort(): number {
    return this.#good.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    await this.#good[Symbol.asyncDispose]();
  }
}

/** Sends a turn when the other side has said something whole to which an answer is due. */
export function answerInTurn(socket: Socket, { turns, goodbye }: Prepared): void {
  const left = [...turns];
  let received = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    const pdus = pdusOf(Buffer.concat([received, piece]));
    const last = pdus.at(-1);
    const isWhole = last !== undefined && last.length >= 6 && last.length === 6 + last.readUInt32BE(2);
    received = isWhole || !last ? Buffer.alloc(0) : Buffer.from(pdus.pop() as Buffer);
    for (const pdu of pdus) {
      if (!isAnswered(pdu)) continue;
      const turn = left.shift();
      if (turn) socket.write(turn);
      if (left.length > 0) continue;
      if (goodbye < 0.8) socket.end();
      else if (goodbye < 0.9) socket.resetAndDestroy();
    }
  });
}

/** A-ASSOCIATE-RQ and -AC, A-RELEASE-RQ, and the end of a data set (PS3.8 9.3, E.2). */
function isAnswered(pdu: Buffer): boolean {
  const [type] = pdu;
  if (type !== 4) return type === 1 || type === 2 || type === 5;
  let control = 0;
  for (let at = 6; at + 6 <= pdu.length; at += 4 + pdu.readUInt32BE(at)) control = pdu.readUInt8(at + 5);
  return control === 2;
}
