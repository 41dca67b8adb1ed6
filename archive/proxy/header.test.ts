import { describe, expect, test } from 'vitest';
import fc from 'fast-check';

import { type Header, longestHeaderBytes, readHeader } from './header.ts';

const signature = '0d0a0d0a000d0a515549540a';
const binary = (hex: string) => Buffer.from(signature + hex.replaceAll(' ', ''), 'hex');
const text = (line: string) => Buffer.from(`PROXY ${line}\r\n`, 'latin1');
const whole = (bytes: Buffer, address?: string, port = 0): Header => ({
  kind: 'whole',
  length: bytes.length,
  origin: address === undefined ? undefined : { address, port },
});

const ipv4 = binary('21 11 000c 0a010203 0a0000fe d431 2b68');
const ipv6 = binary('21 21 0024 20010db8000000000000000000000001 20010db80000000000000000000000ff d431 2b68');
const valid: { readonly what: string; readonly bytes: Buffer; readonly address?: string }[] = [
  { what: 'version 1, IPv4', bytes: text('TCP4 10.1.2.3 10.0.0.254 54321 11112'), address: '10.1.2.3' },
  { what: 'version 1, IPv6', bytes: text('TCP6 2001:db8::1 2001:db8::ff 54321 11112'), address: '2001:db8::1' },
  { what: 'version 1, unknown', bytes: text('UNKNOWN') },
  { what: 'version 1, unknown, with what the balancer guesses', bytes: text('UNKNOWN ffff::1 ffff::2 1 2') },
  { what: 'version 2, IPv4', bytes: ipv4, address: '10.1.2.3' },
  { what: 'version 2, IPv6', bytes: ipv6, address: '2001:db8::1' },
  {
    what: 'version 2, IPv4 with an extension',
    bytes: binary('21 11 0011 0a010203 0a0000fe d431 2b68 04 0002 0000'),
    address: '10.1.2.3',
  },
  { what: 'version 2, the balancer itself', bytes: binary('20 00 0000') },
  { what: 'version 2, the balancer itself with addresses', bytes: binary('20 11 000c 0a010203 0a0000fe d431 2b68') },
  { what: 'version 2, unspecified', bytes: binary('21 00 0000') },
];

describe.each(valid)('$what', ({ bytes, address }) => {
  const expected = whole(bytes, address, 54_321);
  test('is read, and what follows is left', () => {
    expect(readHeader(bytes)).toEqual(expected);
    expect(readHeader(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')]))).toEqual(expected);
  });
  test('is unfinished until its last byte', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(readHeader(bytes.subarray(0, length)), `${length} bytes`).toEqual({ kind: 'unfinished' });
  });
});

test.each([
  ['no header', Buffer.from('GET / HTTP/1.1\r\n')],
  ['an A-ASSOCIATE-RQ', Buffer.from('01000000001e00010000', 'hex')],
  ['small letters', Buffer.from('proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n')],
  ['another family', text('UDP4 10.1.2.3 10.0.0.254 1 2')],
  ['an address of the other family', text('TCP4 ::1 ::1 1 2')],
  ['an address with leading zeros', text('TCP4 010.1.2.3 10.0.0.254 1 2')],
  ['an address that is a name', text('TCP4 localhost 10.0.0.254 1 2')],
  ['an address of three numbers', text('TCP4 10.1.2 10.0.0.254 1 2')],
  ['an address with a zone', text('TCP6 fe80::1%eth0 ::1 1 2')],
  ['a port beyond 65535', text('TCP4 10.1.2.3 10.0.0.254 65536 2')],
  ['a port with leading zeros', text('TCP4 10.1.2.3 10.0.0.254 01 2')],
  ['a negative port', text('TCP4 10.1.2.3 10.0.0.254 -1 2')],
  ['one port', text('TCP4 10.1.2.3 10.0.0.254 1')],
  ['three ports', text('TCP4 10.1.2.3 10.0.0.254 1 2 3')],
  ['two spaces', text('TCP4  10.1.2.3 10.0.0.254 1 2')],
  ['a line of 108 bytes', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['a line that does not end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ['version 3', binary('31 11 000c 0a010203 0a0000fe d431 2b68')],
  ['version 2 with another command', binary('22 11 000c 0a010203 0a0000fe d431 2b68')],
  ['version 2 over UDP', binary('21 12 000c 0a010203 0a0000fe d431 2b68')],
  ['version 2 over a Unix socket', binary(`21 31 00d8 ${'00'.repeat(216)}`)],
  ['version 2 with too few addresses', binary('21 11 000b 0a010203 0a0000fe d431 2b')],
  ['version 2, IPv6 with the length of IPv4', binary('21 21 000c 0a010203 0a0000fe d431 2b68')],
  ['version 2 that announces 64 KiB', binary('21 11 ffff')],
])('%s is malformed', (_, bytes) => {
  expect(readHeader(bytes)).toEqual({ kind: 'malformed' });
});

test('whatever comes is decided upon within the longest header, and decided once', () => {
  const begin = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY TCP4 '), Buffer.from(signature, 'hex'), ipv4);
  fc.assert(
    fc.property(begin, fc.uint8Array({ maxLength: 1_100 }), (first, rest) => {
      const bytes = Buffer.concat([first, rest]);
      let decided: Header | undefined;
      for (let length = 0; length <= bytes.length; length++) {
        const header = readHeader(bytes.subarray(0, length));
        if (decided) expect(header).toEqual(decided);
        else if (header.kind !== 'unfinished') decided = header;
        if (!decided) expect(length).toBeLessThan(longestHeaderBytes);
      }
    }),
  );
});
