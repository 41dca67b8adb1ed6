// What tells the films of one series apart, or its documents: their numbers; where several have one number, or none, whatever else is
// said of them and differs.
import type { JsonDataset } from '../archive-client.ts';
import { number, string, strings } from './dicom-json.ts';

export interface Told {
  instanceNumber?: number;
  description?: string;
  /** a DICOM time */
  acquiredAt?: string;
  imageType?: string;
  /** of those that nothing tells apart */
  alike?: { number: number; of: number };
}

/** From the plainest on; each says something only where those before it do not tell. */
const tellers: ((instance: JsonDataset) => Told)[] = [
  (instance) => said('instanceNumber', number(instance, '00200013')),
  (instance) => said('description', descriptionOf(instance)),
  (instance) => said('acquiredAt', timeOf(instance)),
  (instance) => said('imageType', strings(instance, '00080008').slice(2).join(' ').trim()),
];

const said = <Name extends keyof Told>(name: Name, value: Told[Name] | ''): Told =>
  value === undefined || value === '' ? {} : { [name]: value };

export function toldApart(instances: readonly JsonDataset[]): Told[] {
  const told: Told[] = instances.map(() => ({}));
  for (const tell of tellers) {
    const words = instances.map(tell);
    for (const alike of alikeIn(told))
      if (new Set(alike.map((at) => JSON.stringify(words[at]))).size > 1)
        for (const at of alike) told[at] = { ...told[at], ...words[at] };
  }
  for (const alike of alikeIn(told))
    alike.forEach((at, place) => (told[at] = { ...told[at], alike: { number: place + 1, of: alike.length } }));
  return told;
}

/** The places of those of which the same is told. */
function alikeIn(told: readonly Told[]): number[][] {
  const places = new Map<string, number[]>();
  told.forEach((words, at) => {
    const key = JSON.stringify(words);
    const alike = places.get(key);
    if (alike) alike.push(at);
    else places.set(key, [at]);
  });
  return [...places.values()].filter((alike) => alike.length > 1);
}

/** Title of a document; Stage Name and View Name of a stress test; else what the image was derived by, or somebody remarked. */
function descriptionOf(instance: JsonDataset): string | undefined {
  const stageAndView = [string(instance, '00082120'), string(instance, '00082127')].filter(Boolean).join(' ');
  const others = ['00420010', '00082111', '00204000'].map((tag) => string(instance, tag));
  return stageAndView || others.find(Boolean);
}

function timeOf(instance: JsonDataset): string | undefined {
  const ofDateTime = string(instance, '0008002A')?.slice('YYYYMMDD'.length);
  return ofDateTime || (string(instance, '00080032') ?? string(instance, '00080033'));
}
