/** DICOMweb (PS3.18): every resource below /dicom-web, in the order people meet them. */
import { DecodedFrames } from '#archive/decoded-frames.ts';
import type { Resource } from '#archive/http/resource.ts';
import { bulkdataResources } from '#archive/dicomweb/bulkdata.ts';
import { everyValueResources } from '#archive/dicomweb/every-value.ts';
import { frameResources } from '#archive/dicomweb/frames.ts';
import { instanceResources } from '#archive/dicomweb/instances.ts';
import { metadataResources } from '#archive/dicomweb/metadata.ts';
import { renderedResources } from '#archive/dicomweb/rendered.ts';
import { searchResources } from '#archive/dicomweb/search.ts';
import { storeResources } from '#archive/dicomweb/store.ts';
import type { StoreParts } from '#archive/dicomweb/store.ts';
import type { PictureParts } from '#archive/pictures.ts';
import type { RecentInstances } from '#archive/recent-instances.ts';
import type { MetadataParts } from '#archive/series-metadata.ts';

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
