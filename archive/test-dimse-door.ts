/** For tests: the DIMSE door alone, on a free port of this machine. What a test does not give, it has no use for. */
import { programCaller } from '#access/caller.ts';
import { type DimseDoor, type DimseDoorOptions, openDimseDoor } from './dimse-door.ts';

interface TestDoorOptions extends Partial<Omit<DimseDoorOptions, 'settings'>> {
  readonly aeTitle?: string;
  readonly siteTimeZone?: string;
  readonly tlsPort?: number | undefined;
}

export function openTestDoor({
  aeTitle = 'LIGHTBOX',
  siteTimeZone = 'Asia/Ho_Chi_Minh',
  tlsPort,
  ...differs
}: TestDoorOptions = {}): Promise<DimseDoor> {
  return openDimseDoor({
    settings: { dimse: { host: '127.0.0.1', port: 0, tlsPort, aeTitle }, siteTimeZone },
    ingest: () => Promise.reject(new Error('nothing is stored here')),
    parts: {} as DimseDoorOptions['parts'],
    moveDestination: async () => undefined,
    commitments: { begin() {} },
    admit: async ({ callingAETitle }) => ({ caller: programCaller(callingAETitle) }),
    log: { info() {}, warn() {}, error() {} },
    ...differs,
  });
}
