/**
 * A TCP port of this machine that nothing listens on, for servers that cannot choose one themselves and for what must not be there
 * yet, or any more. It is below those that systems give away by themselves, so neither a server on port 0 nor a connection of the
 * tests beside this one takes it before it is used.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Linux gives away 32768 and what is above (`ip_local_port_range`), others begin higher. */
const [lowest, end] = [20_000, 32_768];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // it is taken
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
