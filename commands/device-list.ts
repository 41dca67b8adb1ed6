/**
 * `lightbox device list`: the device registry as a plain table, those who wait for approval first.
 */
import { parseArgs } from 'node:util';
import { listDevices, type RegisteredDevice } from '#access/device-registry.ts';

import { BadUsage, type Command } from './command.ts';
import { printable } from './printable.ts';
import { writeTable } from './table.ts';
import { withDatabase } from './with-database.ts';

const head = ['AE title', 'Host and port', 'TLS', 'State', 'Last contact'];

export const deviceList: Command = {
  usage: '',
  help: {
    en: 'shows the registered devices, where they listen, and when each was last in contact',
    vi: 'liệt kê các thiết bị đã đăng ký, địa chỉ, cổng và lần liên lạc gần nhất',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    if (positionals.length > 0) throw new BadUsage('device list takes nothing');
    const devices = await withDatabase(settings, ({ pool }) => listDevices(pool));
    writeTable([head, ...devices.map((device) => cells(device, settings.siteTimeZone))]);
    return 0;
  },
};

function cells({ aeTitle, host, port, tls, state, lastSeenAt }: RegisteredDevice, timeZone: string): string[] {
  // RFC 3986 3.2.2: the colons of an IPv6 address are not that of the port.
  const address = host.includes(':') && port !== null ? `[${host}]` : host;
  return [
    printable(aeTitle),
    port === null ? address : `${address}:${port}`,
    tls ? 'yes' : 'no',
    state,
    lastSeenAt === null ? 'never' : atTheSite(lastSeenAt, timeZone),
  ];
}

/** `2026-11-29 18:17`, by the clocks of the hospital. */
function atTheSite(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(moment);
}
