import { expect, test } from 'vitest';
import { isLoopback, isWithin, plainAddress, saidAddress } from './addresses.ts';

test('an IPv4 address that came over an IPv6 socket is that IPv4 address', () => {
  expect(plainAddress('::ffff:10.1.2.3')).toBe('10.1.2.3');
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1');
});

test('what a proxy says is an address, with a port or without, or nothing', () => {
  for (const text of ['10.3.2.1', '10.3.2.1:4711', '::ffff:10.3.2.1']) expect(saidAddress(text)).toBe('10.3.2.1');
  for (const text of ['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:4711'])
    expect(saidAddress(text)).toBe('2001:db8::1');
  for (const text of ['', 'unknown', '_hidden', '10.3.2', '10.3.2.1:', '[10.3.2.1', 'a'.repeat(9_000)])
    expect(saidAddress(text)).toBeUndefined();
});

test('loopback is 127.0.0.0/8 and ::1, in every spelling, and nothing else', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) expect(isLoopback(address)).toBe(true);
  for (const address of ['10.0.0.1', '::', '::ffff:10.0.0.1', '', 'localhost']) expect(isLoopback(address)).toBe(false);
});

test('an address is within itself, a network that holds it, and a name that leads to it', async () => {
  expect(await isWithin('10.1.2.3', '::ffff:10.1.2.3')).toBe(true);
  expect(await isWithin('10.1.0.0/16', '10.1.2.3')).toBe(true);
  expect(await isWithin('fd00::/8', 'fd12::1')).toBe(true);
  expect(await isWithin('localhost', '127.0.0.1')).toBe(true);
});

test('an address is not within another one, another network, or a name that nobody knows', async () => {
  expect(await isWithin('10.1.2.4', '10.1.2.3')).toBe(false);
  expect(await isWithin('10.2.0.0/16', '10.1.2.3')).toBe(false);
  expect(await isWithin('no-such-host.invalid', '10.1.2.3')).toBe(false);
});
