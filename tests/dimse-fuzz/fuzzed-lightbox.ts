/** A Lightbox that damage is sent to, and the devices around it, some of which answer with damage. */
import { healthOf, startLightbox, type RunningLightbox } from '../running-lightbox.ts';
import type { FuzzedArchive } from './beside.ts';
import { openHostileDestinations } from './fuzz-retrievals.ts';
import type { HostileDestination } from './hostile-destination.ts';
import { knowingItself } from './recording.ts';

export interface FuzzedLightbox extends FuzzedArchive, AsyncDisposable {
  readonly lightbox: RunningLightbox;
  readonly destinations: readonly HostileDestination[];
}

export async function startFuzzedLightbox(dataDir: string): Promise<FuzzedLightbox> {
  await using opening = new AsyncDisposableStack();
  const destinations = await openHostileDestinations();
  for (const destination of destinations) opening.use(destination);
  const { DEVICES, ...itself } = await knowingItself();
  const devices = destinations.map(({ aeTitle, port }) => `${aeTitle}@127.0.0.1:${port}`);
  const settings = {
    ADMIN_PASSWORD: 'nobody logs in here',
    ROLES: 'archive',
    ...itself,
    DEVICES: [DEVICES, ...devices].join(','),
  };
  const lightbox = opening.use(await startLightbox({ dataDir, settings }));
  const { pid } = await healthOf(lightbox);
  const opened = opening.move();
  return {
    lightbox,
    port: Number(lightbox.dicom.split(':')[1]),
    pid,
    destinations,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
