/** For tests: an application that listens on this machine and performs the services it is given. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Exchange, type Performed } from './exchange.ts';
import type { Service } from './service.ts';
import type { Agreement } from '../network/agreement.ts';
import { type UpperLayerLimits, upperLayerLimits } from '../network/limits.ts';
import { Connections, listen } from '../network/listener.ts';

export interface ListenerOptions {
  readonly aeTitle?: string;
  readonly host?: string;
  /** Any that is free where it is not given. */
  readonly port?: number;
  /** What differs from the usual ones. */
  readonly limits?: Partial<UpperLayerLimits>;
  /** Is told what was negotiated. */
  readonly agreed?: (agreement: Agreement) => void;
  readonly performed?: (performed: Performed) => void;
}

export interface TestListener extends AsyncDisposable {
  readonly port: number;
  /** Of every association, in the order in which they came. */
  readonly exchanges: Exchange<undefined>[];
}

export async function openListener(
  services: readonly Service<undefined>[],
  { aeTitle = 'LIGHTBOX', host = '127.0.0.1', port = 0, limits, agreed, performed }: ListenerOptions = {},
): Promise<TestListener> {
  const connections = new Connections();
  const exchanges: Exchange<undefined>[] = [];
  const server = await listen(
    {
      host,
      port,
      aeTitle,
      offers: services,
      limits: { ...upperLayerLimits, ...limits },
      admit: async () => ({ caller: undefined }),
      established(association, agreement) {
        agreed?.(agreement);
        const exchange = new Exchange(association, agreement, {
          services,
          context: undefined,
          ...(performed && { performed }),
        });
        exchanges.push(exchange);
        return exchange;
      },
    },
    connections,
  );
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    async [Symbol.asyncDispose]() {
      connections.closeAll();
      server.close();
      await once(server, 'close');
    },
  };
}
