/** Puts the HTTP door together: DICOMweb, WADO-URI, the API and the viewer, with who may come in. */
import { fileURLToPath } from 'node:url';
import { commitmentResource } from './api/commitments.ts';
import { accessResources } from './api/access.ts';
import { type DeviceParts, deviceResources } from './api/devices.ts';
import type { EventStreams } from './api/events.ts';
import { jobResources } from './api/jobs.ts';
import { openapiResource } from './api/openapi.ts';
import { rejectionResources } from './api/rejections.ts';
import { routeResources } from './api/routes.ts';
import { sampleResources } from './api/samples.ts';
import { sendResources } from './api/sends.ts';
import { loginResources } from './api/session.ts';
import { statusResource } from './api/status.ts';
import { performedStepResources } from './api/performed-steps.ts';
import { studyResources } from './api/studies.ts';
import { thumbnailResources } from './api/thumbnails.ts';
import { worklistResources } from './api/worklist.ts';
import { dicomwebResources } from './dicomweb/all.ts';
import { createHttp } from './http.ts';
import { OpenRequests } from './http/open-requests.ts';
import { listenHttp, type HttpServer } from './http/server.ts';
import type { SampleLoader } from './load-samples.ts';
import { addStatusMetrics } from './status-metrics.ts';
import type { Sender } from './sends/sender.ts';
import { wadoUriResources } from './wado-uri.ts';
import { expectBalancers } from './balancers.ts';
import type { Shared } from './shared.ts';

const viewerDirectory = fileURLToPath(new URL('../dist/viewer', import.meta.url));

export async function openHttpDoor(
  shared: Shared,
  {
    events,
    samples,
    sender,
  }: { readonly events: EventStreams; readonly samples: SampleLoader; readonly sender: Sender },
  dimse: DeviceParts['dimse'],
): Promise<HttpServer> {
  const { settings, log, certificates, database, storage, metrics, health } = shared;
  const { pool } = database;
  const login = loginResources(shared, { log });
  addStatusMetrics(metrics.registry, shared);
  const api = [
    ...accessResources({ ...shared, database: pool }),
    ...studyResources(shared),
    ...thumbnailResources({ database: pool, storage, log }),
    events.resource,
    ...sampleResources({ samples }),
    ...deviceResources({ database, log, dimse, certificates }),
    ...performedStepResources({ database, log }),
    ...worklistResources({ database, log, timeZone: settings.siteTimeZone }),
    ...routeResources({ database, log }),
    ...sendResources({ database, log, due: () => sender.wake() }),
    ...jobResources({ database, log }),
    commitmentResource({ database, log }),
    ...rejectionResources(shared),
    statusResource(shared),
  ];
  const requests = new OpenRequests({ log });
  const application = createHttp({
    settings,
    authenticators: shared,
    requests,
    dicomweb: dicomwebResources({ ...shared, baseUrl: `${settings.publicUrl ?? ''}/dicom-web` }),
    wadoUri: wadoUriResources(shared),
    api,
    openApi: [...login, openapiResource([...login, ...api])],
    health,
    metrics,
    log,
    viewerDirectory,
  });
  const server = await listenHttp(application, {
    ...settings.http,
    certificates,
    publicUrl: settings.publicUrl,
    prepare: expectBalancers(shared),
    log,
  });
  const watching = requests.watch(shared.lockedOut);
  return {
    port: server.port,
    close: async () => void (await Promise.all([server.close(), watching[Symbol.asyncDispose]()])),
  };
}
