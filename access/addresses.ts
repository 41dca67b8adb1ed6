/**
 * Network addresses of callers: the same one is written in many ways, and a registry names single ones, names and
 * networks.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { limits } from '#settings/limits.ts';
import { shortMemory } from './short-memory.ts';

/** An IPv4 address that came over an IPv6 socket (`::ffff:10.0.0.5`) is that IPv4 address. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/**
 * The address that a proxy says a request came from; some write its port behind it, and each connection would be somebody else's.
 * @returns undefined for what is none
 */
export function saidAddress(text: string): string | undefined {
  const [, v6, v4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  const address = plainAddress(v6 ?? v4 ?? text);
  return isIP(address) === 0 ? undefined : address;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function isLoopback(address: string): boolean {
  return contains(loopback, address);
}

/** A name that cannot be looked up is nobody's address. */
const looked = shortMemory(
  (name) =>
    lookup(name, { all: true }).then(
      (found) => found.map(({ address }) => address),
      () => [] as string[],
    ),
  { forMs: limits.access.namesRememberedMs, entries: limits.access.waitingDevices },
);

/** Whether `host` (an address, a network `address/bits`, or a host name, which is looked up) is where `address` is. */
export async function isWithin(host: string, address: string): Promise<boolean> {
  const [base = '', bits] = host.split('/');
  if (isIP(base) === 0) return (await looked.get(host)).some((one) => contains(listOf(one), address));
  return contains(listOf(base, bits), address);
}

/** @param networks  addresses, and networks as `address/bits` */
export function addressesWithin(networks: readonly string[]): (address: string) => boolean {
  const lists = networks.map((network) => {
    const [base = '', bits] = network.split('/');
    return listOf(base, bits);
  });
  return (address) => lists.some((list) => contains(list, address));
}

function listOf(base: string, bits?: string): BlockList {
  const list = new BlockList();
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(base, family);
  else list.addSubnet(base, Number(bits), family);
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}
