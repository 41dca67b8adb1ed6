/** Puts the HTTP door together: DICOMweb, WADO-URI, the API and the viewer, with who may come in. */
import { fileURLToPath } from 'node:url';
import { openSessions } from '#access/sessions.ts';
import { openTokens } from '#access/tokens.ts';
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
  const authenticators = {
    credentials: shared.credentials,
    sessions: openSessions({ database: pool }),
    tokens: openTokens({ database: pool }),
  };
  const login = loginResources(authenticators, { log });
  const { accounts } = shared;
  addStatusMetrics(metrics.registry, shared);
  const api = [
    ...accessResources({ ...authenticators, accounts, database: pool, log }),
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
  const application = createHttp({
    settings,
    authenticators,
    dicomweb: dicomwebResources({ ...shared, baseUrl: `${settings.publicUrl ?? ''}/dicom-web` }),
    wadoUri: wadoUriResources(shared),
    api,
    openApi: [...login, openapiResource([...login, ...api])],
    health,
    metrics,
    log,
    viewerDirectory,
  });
  return listenHttp(application, {
    ...settings.http,
    certificates,
    publicUrl: settings.publicUrl,
    prepare: expectBalancers(shared),
    log,
  });
}
