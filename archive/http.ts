/**
 * The HTTP door: one Express application for the viewer's pages, DICOMweb (PS3.18) and the API.
 * What an address does lies in its resource; here is only what all of them share, in the order it is asked.
 */
import express, { type Express } from 'express';
import type { Health } from './health.ts';
import { logAccess } from './http/access-log.ts';
import { answerProblem, nothingHere, refuseMalformedAddress } from './http/answer-problem.ts';
import { authenticate, type Authenticators } from './http/authenticate.ts';
import { allowOrigins } from './http/cors.ts';
import { securityHeaders } from './http/headers.ts';
import { mount, mountOpen } from './http/mount.ts';
import type { OpenRequests } from './http/open-requests.ts';
import { checkOrigin } from './http/origin.ts';
import type { OpenResource, Resource } from './http/resource.ts';
import { serveViewer } from './http/viewer-files.ts';
import { watchRoutes } from './http/watch.ts';
import type { Log } from '#settings/log.ts';
import type { Metrics } from './metrics.ts';

export interface HttpParts {
  readonly settings: {
    readonly publicUrl: string | undefined;
    readonly trustProxy: number | readonly string[] | undefined;
    readonly corsOrigins: readonly string[];
    readonly tls: object | undefined;
  };
  readonly authenticators: Authenticators;
  readonly requests: OpenRequests;
  /** Below /dicom-web and /api, for callers who are logged in; `openApi` below /api, for everybody. */
  readonly dicomweb: readonly Resource[];
  /** At /wado, for callers who are logged in. */
  readonly wadoUri: readonly Resource[];
  readonly api: readonly Resource[];
  readonly openApi: readonly OpenResource[];
  readonly health: () => Promise<Health>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Where the built viewer lies. */
  readonly viewerDirectory: string;
}

export function createHttp(parts: HttpParts): Express {
  const { settings, authenticators, requests, log, metrics } = parts;
  const app = express();
  app.disable('x-powered-by');
  // Each resource has its own strong ETag, or none.
  app.set('etag', false);
  app.set('case sensitive routing', true);
  if (settings.trustProxy !== undefined) app.set('trust proxy', settings.trustProxy);
  const loggedIn = authenticate(authenticators, { requests, log });

  app.use(logAccess({ log, metrics }));
  app.use(securityHeaders({ tls: settings.tls !== undefined }));
  app.use(refuseMalformedAddress);
  app.use(watchRoutes({ health: parts.health, metrics, loggedIn }));
  app.use(['/dicom-web', '/wado'], allowOrigins(settings));
  app.use(checkOrigin(settings, { log }));
  app.use('/api', mountOpen('/api', parts.openApi));
  // Closed by default: without a login nobody learns which addresses there are.
  app.use('/dicom-web', loggedIn, mount('/dicom-web', parts.dicomweb, 'WADO-RS', log));
  app.use('/wado', loggedIn, mount('/wado', parts.wadoUri, 'WADO-URI', log));
  app.use('/api', loggedIn, mount('/api', parts.api, 'API', log));
  app.use(serveViewer({ directory: parts.viewerDirectory }));
  app.use(nothingHere);
  app.use(answerProblem({ log }));
  return app;
}
