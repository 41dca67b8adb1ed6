/**
 * `lightbox device add`: an application entity that may call, and that images may be sent to.
 */
import { parseArgs } from 'node:util';
import { addDevices } from '#access/devices.ts';
import { variables } from '#settings/variables.ts';

import { BadUsage, type Command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const deviceAdd: Command = {
  usage: 'AET@host:port',
  help: {
    en: 'lets a DICOM device call from that host, and be a destination of C-MOVE',
    vi: 'cho phép thiết bị DICOM ở máy đó gửi ảnh và nhận ảnh (C-MOVE)',
  },
  async run(args, settings) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    // Written as in the setting DEVICES, one at a time.
    const named = variables.DEVICES.read.safeParse(positionals[0] ?? '');
    const [device, ...more] = named.data ?? [];
    if (positionals.length !== 1 || !device || more.length > 0)
      throw new BadUsage('device add takes one device, AET@host:port');
    const added = await withDatabase(settings, ({ pool }) => addDevices({ database: pool, devices: [device] }));
    if (added === 0)
      throw new Error(
        `The registry has ${device.aeTitle} at ${device.host} already; nothing was changed. Its port is changed on the page Devices.`,
      );
    process.stdout.write(`${positionals[0]} may call now.\n`);
    return 0;
  },
};
