/**
 * TLS handshakes in turns (PS3.15 Annex B). What begins one costs its sender nothing, and us a signature: a millisecond of the event loop or
 * more, in which nobody else has an answer. In each of its rounds one is begun, of each address one after the other, when all is there that it is
 * signed for: whoever asks for them without end waits for himself.
 */
import type { Socket } from 'node:net';
import type { Server } from 'node:tls';

import { Lines } from './lines.ts';

/** RFC 8446 5.1: a record of a handshake, and its head. */
export const handshakeRecord = 22;
const recordHeadBytes = 5;
const longestRecordBytes = 2 ** 14;

/**
 * Call it before the server listens, and before whatever takes something off a connection in front of its handshake: they hand it on to this.
 * @param waitMs  until the first record is there
 */
export function shakeInTurns(server: Server, { waitMs }: { readonly waitMs: number }): void {
  const listeners = server.listeners('connection');
  const lines = new Lines<() => boolean>();
  let isRoundAwaited = false;
  const nextRound = (): void => {
    // Who has gone meanwhile takes nobody's round.
    let isBegun = lines.next()?.();
    while (isBegun === false) isBegun = lines.next()?.();
    isRoundAwaited = !lines.isEmpty;
    if (isRoundAwaited) setImmediate(nextRound);
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // While it waits in its line nobody else listens, and what nobody hears ends the process.
    socket.on('error', noop);
    firstBytes(socket, { areEnough: holdsRecord, waitMs }, (bytes) => {
      if (!bytes) return void socket.destroy();
      socket.unshift(bytes);
      lines.add(socket.remoteAddress ?? '', () => {
        if (socket.destroyed) return false;
        for (const listener of listeners) listener.call(server, socket);
        return true;
      });
      if (!isRoundAwaited) setImmediate(nextRound);
      isRoundAwaited = true;
    });
  });
}

/** Or what is no handshake, or too long for one, which TLS says. */
function holdsRecord(bytes: Buffer): boolean {
  if (bytes[0] !== handshakeRecord) return true;
  if (bytes.length < recordHeadBytes) return false;
  const length = bytes.readUInt16BE(3);
  return length > longestRecordBytes || bytes.length >= recordHeadBytes + length;
}

/**
 * Takes the first bytes off a connection, which is paused then.
 * @param then  told once; undefined when they did not come in time
 */
export function firstBytes(
  socket: Socket,
  { areEnough, waitMs }: { readonly areEnough: (bytes: Buffer) => boolean; readonly waitMs: number },
  then: (bytes: Buffer | undefined) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => end(undefined), waitMs);
  const end = (bytes: Buffer | undefined): void => {
    clearTimeout(timer);
    socket.pause();
    socket.off('data', take).off('end', ended).off('close', ended).off('error', noop);
    then(bytes);
  };
  const ended = (): void => end(undefined);
  const take = (piece: Buffer): void => {
    received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    if (areEnough(received)) end(received);
  };
  socket.on('error', noop).once('end', ended).once('close', ended).on('data', take).resume();
}

function noop(): void {}
