/**
 * Stands in front of a server and lets through, turns away, keeps silent, or lets next to nothing through: a network that fails and
 * comes back.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Target {
  readonly host: string;
  readonly port: number;
  /** Where it calls from, such as 127.0.0.2: machines that are told apart by their addresses. */
  readonly localAddress?: string;
}

export class Gate implements AsyncDisposable {
  readonly port: number;
  #server: Server;
  readonly #target: Target;
  readonly #pairs = new Map<Socket, Socket>();
  readonly #cuts: ((piece: Buffer) => boolean) | undefined;
  #silent = false;
  #trickles: NodeJS.Timeout | undefined;

  /** @param cuts of what a client sends: whether its connection is cut there */
  static async before(target: Target, cuts?: (piece: Buffer) => boolean): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server, target, cuts);
  }

  private constructor(server: Server, target: Target, cuts: ((piece: Buffer) => boolean) | undefined) {
    this.#server = server;
    this.#target = target;
    this.#cuts = cuts;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => this.#join(socket));
  }

  /** Cuts every connection and refuses new ones, as a server that was switched off. */
  async shut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  /** Takes connections, and lets nothing through either way, as a server that hangs. */
  silence(): void {
    this.#silent = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.unpipe();
  }

  /** Lets a byte through each way, ten times a second: never silent, and no use. */
  trickle(): void {
    this.silence();
    const pass = (from: Socket, to: Socket): void => {
      from.pause();
      const byte = from.read(1) as Buffer | null;
      if (byte) to.write(byte);
    };
    this.#trickles = setInterval(() => {
      for (const [socket, other] of this.#pairs) {
        pass(socket, other);
        pass(other, socket);
      }
    }, 100);
  }

  /** Lets through again. */
  async open(): Promise<void> {
    this.#silent = false;
    clearInterval(this.#trickles);
    for (const [socket, other] of this.#pairs) pipe(socket, other);
    if (this.#server.listening) return;
    this.#server = createServer((socket) => this.#join(socket)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#trickles);
    if (this.#server.listening) await this.shut();
  }

  #join(socket: Socket): void {
    const other = connect(this.#target);
    this.#pairs.set(socket, other);
    for (const each of [socket, other]) {
      each.on('error', () => {});
      each.once('close', () => {
        this.#pairs.delete(socket);
        socket.destroy();
        other.destroy();
      });
    }
    const cuts = this.#cuts;
    if (cuts)
      socket.on('data', (piece: Buffer) => {
        if (!cuts(piece)) return;
        // Before the pipe, which hears of the piece next, has handed it on.
        other.destroy();
        socket.destroy();
      });
    if (!this.#silent) pipe(socket, other);
  }
}

function pipe(socket: Socket, other: Socket): void {
  socket.pipe(other);
  other.pipe(socket);
}
