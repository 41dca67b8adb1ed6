/** Keeps what one side says on associations, while a real requestor and a real acceptor speak. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/**
 * @param port of the acceptor
 * @param speak works through the port that it is given
 * @returns what the side said, connection by connection
 */
export async function recorded(
  port: number,
  side: 'requestor' | 'acceptor',
  speak: (through: number) => Promise<unknown>,
): Promise<Buffer[]> {
  const said: Buffer[][] = [];
  const proxy = createServer((client) => {
    const pieces: Buffer[] = [];
    said.push(pieces);
    const server = connect(port, '127.0.0.1');
    (side === 'requestor' ? client : server).on('data', (piece: Buffer) => pieces.push(piece));
    client.pipe(server).pipe(client);
    // A pipe says nothing of a connection that was cut: the other one would wait for ever, and so would we.
    for (const [each, other] of [
      [client, server],
      [server, client],
    ] as const)
      each.on('error', () => {}).on('close', () => other.destroySoon());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    await speak((proxy.address() as AddressInfo).port);
  } finally {
    proxy.close();
    await once(proxy, 'close');
  }
  return said.map((pieces) => Buffer.concat(pieces)).filter(({ length }) => length > 0);
}
