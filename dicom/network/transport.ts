/** A transport connection (PS3.8 9.1) and the way in which its bytes come. */
import type { Socket } from 'node:net';

export interface Transport {
  readonly socket: Socket;
  /** Called once, before anything can have come. Bytes stay as they are until `take` returns, or while they are held. */
  receive(take: (bytes: Buffer) => void): void;
  /** @param piece of the bytes that `take` has just been given, or of what is held: it stays as it is until it is given back */
  hold(piece: Buffer): void;
  giveBack(piece: Buffer): void;
}

/** As Node gives them: each read in memory of its own, so there is nothing to hold. */
export function ordinaryTransport(socket: Socket): Transport {
  return { socket, receive: (take) => void socket.on('data', take), hold() {}, giveBack() {} };
}
