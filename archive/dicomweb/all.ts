/** DICOMweb (PS3.18): every resource below /dicom-web, in the order people meet them. */
import type { Resource } from '#archive/http/resource.ts';
import { frameResources } from '#archive/dicomweb/frames.ts';
import { instanceResources } from '#archive/dicomweb/instances.ts';
import { metadataResources } from '#archive/dicomweb/metadata.ts';
import { searchResources } from '#archive/dicomweb/search.ts';
import { storeResources } from '#archive/dicomweb/store.ts';
import type { StoreParts } from '#archive/dicomweb/store.ts';
import type { RetrieveParts } from '#archive/retrieve.ts';

export function dicomwebResources(parts: StoreParts & RetrieveParts): Resource[] {
  return [
    ...storeResources(parts),
    ...searchResources(parts),
    ...instanceResources(parts),
    ...metadataResources(parts),
    ...frameResources(parts),
  ];
}
