/**
 * The header that a load balancer writes before the bytes of a connection, to say for whom it opened it: the PROXY protocol,
 * versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). Read strictly, for what it says decides who may call.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Who calls. */
export interface Origin {
  readonly address: string;
  readonly port: number;
}

export type Header =
  /** As far as it has come it may be one. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'malformed' }
  /** `origin` is undefined where the balancer speaks for itself (a health check), or does not know. */
  | { readonly kind: 'whole'; readonly length: number; readonly origin: Origin | undefined };

const malformed: Header = { kind: 'malformed' };
const unfinished: Header = { kind: 'unfinished' };

const textBegin = Buffer.from('PROXY ');
/** 107 bytes with the end of the line, for two IPv6 addresses (2.1). */
const textBytes = 107;
const binaryBegin = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const binaryHeadBytes = 16;
/** Addresses, and extensions that we pass over: a certificate's names at most. */
export const longestHeaderBytes = 1024;

/** @param bytes  all that has come so far; it may hold more than the header */
export function readHeader(bytes: Buffer): Header {
  if (begins(bytes, binaryBegin)) return bytes.length < binaryHeadBytes ? unfinished : readBinary(bytes);
  if (begins(bytes, textBegin)) return readText(bytes);
  return malformed;
}

/** Whether `bytes` begin with `begin`, as far as there are any. */
function begins(bytes: Buffer, begin: Buffer): boolean {
  const length = Math.min(bytes.length, begin.length);
  return bytes.subarray(0, length).equals(begin.subarray(0, length));
}

function readText(bytes: Buffer): Header {
  const end = bytes.subarray(0, textBytes).indexOf('\r\n');
  if (end < 0) return bytes.length < textBytes ? unfinished : malformed;
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { kind: 'whole', length, origin: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isNumericIPv6 : undefined;
  const ports = [sourcePort, destinationPort].map(portOf);
  if (!isAddress?.(source) || !isAddress(destination) || ports.includes(undefined) || more.length > 0) return malformed;
  return { kind: 'whole', length, origin: { address: source, port: ports[0] as number } };
}

function isNumericIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function portOf(text: string): number | undefined {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function readBinary(bytes: Buffer): Header {
  const [version, family] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  const length = binaryHeadBytes + bytes.readUInt16BE(14);
  if (length > longestHeaderBytes) return malformed;
  const [local, proxied] = [0x20, 0x21];
  if (version !== local && version !== proxied) return malformed;
  // AF_UNSPEC; TCP over IPv4 and over IPv6. Nothing else leads to us.
  const addressBytes = { 0x00: 0, 0x11: 4, 0x21: 16 }[family];
  if (addressBytes === undefined && version === proxied) return malformed;
  if (bytes.length < length) return unfinished;
  if (version === local || !addressBytes) return { kind: 'whole', length, origin: undefined };
  if (length < binaryHeadBytes + 2 * addressBytes + 4) return malformed;
  const address = bytes.subarray(binaryHeadBytes, binaryHeadBytes + addressBytes);
  const port = bytes.readUInt16BE(binaryHeadBytes + 2 * addressBytes);
  return { kind: 'whole', length, origin: { address: addressText(address), port } };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16)).join(':');
  // In its shortest form, as the system writes it (RFC 5952).
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
