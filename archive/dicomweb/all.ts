/** DICOMweb (PS3.18): every resource below /dicom-web, in the order people meet them. */
import { DecodedFrames } from '../decoded-frames.ts';
import type { Resource } from '../http/resource.ts';
import { bulkdataResources } from './bulkdata.ts';
import { everyValueResources } from './every-value.ts';
import { frameResources } from './frames.ts';
import { instanceResources } from './instances.ts';
import { metadataResources } from './metadata.ts';
import { renderedResources } from './rendered.ts';
import { searchResources } from './search.ts';
import { storeResources } from './store.ts';
import type { StoreParts } from './store.ts';
import type { PictureParts } from '../pictures.ts';
import type { RecentInstances } from '../recent-instances.ts';
import type { MetadataParts } from '../series-metadata.ts';

export function dicomwebResources(
  parts: StoreParts & MetadataParts & PictureParts & { readonly recent: RecentInstances },
): Resource[] {
  const frames = new DecodedFrames(parts);
  return [
    ...storeResources(parts),
    ...searchResources(parts),
    ...instanceResources(parts),
    ...metadataResources(parts),
    ...frameResources({ ...parts, frames }),
    ...bulkdataResources({ ...parts, frames }),
    ...everyValueResources(parts, frames),
    ...renderedResources(parts),
  ];
}
