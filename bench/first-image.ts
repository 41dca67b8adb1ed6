/**
 * From a study of the list to its first image, asked for as the viewer does: series, their metadata, a frame.
 */
import { z } from 'zod';

import type { Figure } from './alone.ts';
import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';

const objects = z.array(z.record(z.string(), z.object({ Value: z.array(z.unknown()).optional() })));

export async function measureFirstImage(lightbox: BenchedLightbox): Promise<Figure[]> {
  const ask = async (path: string, accept: string) => {
    const response = await fetch(`${lightbox.dicomweb}${path}`, {
      headers: { authorization: lightbox.authorization, accept },
    });
    if (response.status !== 200) throw new BenchFailed(`GET ${path}: ${response.status}`);
    return response;
  };
  const json = async (path: string) => objects.parse(await (await ask(path, 'application/dicom+json')).json());
  const uidIn = (object: z.infer<typeof objects>[number] | undefined, tag: string) => String(object?.[tag]?.Value?.[0]);

  const study = uidIn((await json('/studies?ModalitiesInStudy=CT&limit=1'))[0], '0020000D');
  const start = performance.now();
  const series = uidIn((await json(`/studies/${study}/series`))[0], '0020000E');
  const of = `/studies/${study}/series/${series}`;
  const metadata = await json(`${of}/metadata`);
  const read = performance.now();
  const instance = uidIn(metadata[metadata.length >> 1], '00080018');
  const frame = await ask(`${of}/instances/${instance}/frames/1`, 'multipart/related; type="application/octet-stream"');
  await frame.arrayBuffer();
  const shown = performance.now();
  return [
    { name: `series and metadata (${metadata.length} slices)`, value: read - start, unit: 'ms' },
    { name: 'frame', value: shown - read, unit: 'ms' },
    { name: 'first image', value: shown - start, unit: 'ms' },
  ];
}
