// From where a rule takes studies, as a person writes it: `CT1` is any device of that AE title, `CT1@10.0.0.5` one of the registry.
import type { Device } from '../administration-client.ts';
import { LoadError } from '../archive-client.ts';
import type { RouteEntry } from '../sending-client.ts';
import { text } from '../text.ts';

type Sources = Pick<RouteEntry, 'sourceAETitles' | 'sourceDevices'>;
type Registered = Pick<Device, 'id' | 'aeTitle' | 'host'>;

const written = ({ aeTitle, host }: Registered): string => `${aeTitle}@${host}`;
/** A device that has left the registry: nothing comes from it, and the rule must not widen. */
const gone = (id: number): string => `@${id}`;

export function sourcesText({ sourceAETitles, sourceDevices }: Sources, registry: readonly Registered[]): string {
  const named = sourceDevices.map((id) => {
    const device = registry.find((each) => each.id === id);
    return device ? written(device) : gone(id);
  });
  return [...sourceAETitles, ...named].join(', ');
}

/** @throws LoadError where one reads as a device and is none: as an AE title it would match nothing for ever */
export function readSources(names: readonly string[], registry: readonly Registered[]): Sources {
  const sources: { sourceAETitles: string[]; sourceDevices: number[] } = { sourceAETitles: [], sourceDevices: [] };
  for (const name of names) {
    const device = registry.find((each) => written(each) === name);
    if (device) sources.sourceDevices.push(device.id);
    else if (!name.includes('@') || registry.some(({ aeTitle }) => aeTitle === name)) sources.sourceAETitles.push(name);
    else throw new LoadError('notFound', { detail: text('noSuchSource', { name }) });
  }
  return sources;
}
