/**
 * Connections to an S3 server, kept for the next request, and given up when nothing moves on them: the client has no time
 * limit of its own.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';

import { StorageUnavailable } from './storage.ts';

export interface Patience {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** A connection on which nothing has moved: longer than a busy server takes to sync an object to its disks. */
  readonly silenceMs: number;
}

const usual: Patience = { connectMs: 10_000, silenceMs: 60_000 };

export function patientAgent(tls: boolean, { connectMs, silenceMs }: Patience = usual): HttpAgent {
  const agent = tls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Socket | undefined;
    socket?.setTimeout(connectMs);
    socket?.once(tls ? 'secureConnect' : 'connect', () => socket.setTimeout(silenceMs));
    socket?.on('timeout', () => socket.destroy(new StorageUnavailable('the S3 server has been silent for too long')));
    return socket;
  };
  // Node takes the time limit off a connection that waits for its next request.
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    (socket as Socket).setTimeout(silenceMs);
  };
  return agent;
}
