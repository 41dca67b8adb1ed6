/** Stands in front of a server that knows no TLS, as a proxy of Node's own does; asks its callers for a certificate. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from '#dicom/network/secure.ts';

export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** @param authority  PEM of who has to vouch for callers */
export async function startTlsFront(own: Certificate, authority: string, targetPort: number): Promise<TlsFront> {
  const open = new Set<Socket>();
  const server = createServer({ ...own, ca: authority, requestCert: true }, (socket) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [each, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      open.add(each);
      each.on('error', () => {});
      each.once('close', () => {
        open.delete(each);
        other.destroy();
      });
      each.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
