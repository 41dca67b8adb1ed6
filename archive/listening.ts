/**
 * Why a door cannot listen, said with the setting to change.
 */
import { BusyPort } from '#settings/process-channel.ts';
import { BadSetting } from '#settings/settings.ts';

type Port = 'HTTP_PORT' | 'DIMSE_PORT' | 'DIMSE_TLS_PORT';

/** @param error  what `listen` failed with; anything that no setting explains comes back as it is */
export function whyNotListening(error: unknown, host: string, port: number, variable: Port): unknown {
  switch ((error as NodeJS.ErrnoException | null)?.code) {
    case 'EADDRINUSE':
      return new BusyPort(variable, host, port);
    case 'EACCES':
      return new BadSetting(variable, String(port), 'a port that this user may listen on');
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new BadSetting(variable === 'HTTP_PORT' ? 'HTTP_HOST' : 'DIMSE_HOST', host, 'an address of this machine');
    default:
      return error;
  }
}
