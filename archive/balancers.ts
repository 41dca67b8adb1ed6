/** Load balancers in front of both doors. */
import type { Server } from 'node:net';
import { addressesWithin } from '#access/addresses.ts';
import { expectProxy } from './proxy/accept.ts';
import type { Shared } from './shared.ts';

/** What a server needs to know of the load balancers in front of it. */
export function expectBalancers({ settings, log }: Shared): (server: Server) => void {
  const { proxyProtocol } = settings;
  if (proxyProtocol.length === 0) return () => {};
  const isBalancer = addressesWithin(proxyProtocol);
  const refused = (address: string, why: string) =>
    log.warn({ address, why }, 'a load balancer did not say who calls (PROXY protocol); its connection was closed');
  return (server) => expectProxy(server, { isBalancer, refused });
}
