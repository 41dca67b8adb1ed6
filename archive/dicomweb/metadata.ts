/** WADO-RS metadata (PS3.18 Section 10.4.1.1.3): the data sets without their bulk, as DICOM JSON, one after the other. */
import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import type { Resource } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { readDataset, retrieve } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { pixelData } from '#dicom/file/dataset-scanner.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import { covers, parseAccept } from '#dicom/web/media-types.ts';

const paths = [
  '/studies/:StudyInstanceUID/metadata',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/metadata',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID/metadata',
];

/** Instances whose heads are read ahead of the one that is being sent. */
const readAhead = 8;

export function metadataResources(parts: RetrieveParts): Resource[] {
  return paths.map((path) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response, signal) => {
      if (
        !parseAccept(request.headers.accept).some(
          (range) => covers(range, 'application/dicom+json') || covers(range, 'application/json'),
        )
      ) {
        throw new Problem('notAcceptable', 'metadata is application/dicom+json');
      }
      const instances = await retrieve(selectionOf(request), request.caller, [], parts);
      response.set({
        'Content-Type': 'application/dicom+json',
        'Cache-Control': 'private, no-cache',
        Vary: 'Accept-Encoding',
      });
      const json = jsonArray(instances, parts);
      if (request.acceptsEncodings('gzip')) {
        response.set('Content-Encoding', 'gzip');
        await pipeline(json, createGzip({ level: 6 }), response, { signal });
      } else {
        await pipeline(json, response, { signal });
      }
    },
  }));
}

async function* jsonArray(instances: readonly RetrievedInstance[], parts: RetrieveParts): AsyncGenerator<string> {
  const ahead: Promise<string>[] = [];
  let next = 0;
  for (let index = 0; index < instances.length; index++) {
    while (ahead.length < readAhead && next < instances.length) {
      const reading = instanceJson(instances[next++] as RetrievedInstance, parts);
      reading.catch(() => undefined); // told when its turn comes
      ahead.push(reading);
    }
    yield `${index === 0 ? '[' : ',\n'}${await (ahead.shift() as Promise<string>)}`;
  }
  yield ']';
}

async function instanceJson(instance: RetrievedInstance, { storage }: RetrieveParts): Promise<string> {
  const json = toDicomJson(await readDataset(instance, storage));
  delete json[hexTag(pixelData)];
  // Which syntax its frames come in, so that a viewer can check what it decodes (PS3.18 10.4.1.1.3).
  json['00083002'] = { vr: 'UI', Value: [instance.syntax.uid] };
  return JSON.stringify(json);
}
