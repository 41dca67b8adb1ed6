/**
 * Serves the built viewer (`dist/viewer`). The files are listed once, so an address is looked up in that list and never
 * becomes a path: nothing outside of it can be asked for.
 */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Request, RequestHandler } from 'express';
import { Problem } from '../problems.ts';

/** The viewer's own pages: one document, which shows what the address says. */
const pages = new Set([
  '/',
  '/login',
  '/worklist',
  '/upload',
  '/viewer',
  '/devices',
  '/sends',
  '/rejections',
  '/accounts',
  '/password',
  '/status',
]);

/** Smallest first; built beside the file where compression pays. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

export function serveViewer({ directory }: { directory: string }): RequestHandler {
  let files = new Set<string>();

  async function listed(): Promise<Set<string>> {
    // Listed again while there is none: the archive may be up before the viewer is built.
    if (files.size === 0) files = await listFiles(directory);
    return files;
  }

  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const isPage = pages.has(request.path);
    const known = await listed();
    const isLost = !isPage && !known.has(request.path) && isLookedAt(request);
    const file = isPage || isLost ? '/index.html' : request.path;
    if (!known.has(file)) {
      if (isPage) throw new Problem('notFound', 'the viewer is not built; run "npm run build"');
      return next();
    }
    if (isLost) response.status(404);
    else response.locals['route'] = isPage ? request.path : '/assets';
    response.type(file.slice(file.lastIndexOf('.')));
    response.vary('Accept-Encoding');
    // Vite puts a digest of the content into every name below /assets; the rest is asked for anew each time.
    response.set('Cache-Control', file.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    const [encoding, suffix] =
      encodings.find(([name, end]) => known.has(file + end) && accepts(request.headers['accept-encoding'], name)) ?? [];
    if (encoding) response.set('Content-Encoding', encoding);
    await new Promise<void>((sent, failed) =>
      response.sendFile(
        `.${file}${suffix ?? ''}`,
        { root: directory, cacheControl: false, lastModified: false },
        // A client that has gone is no failure, of which there would be a line in the log for each.
        (error) => (error && !response.headersSent && !isGone(error) ? failed(error) : sent()),
      ),
    );
  };
}

/** As Express says it. */
function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNABORTED';
}

/** Somebody mistyped an address, or kept one that is no more: the viewer says so, and leads back. Programs get problem details. */
function isLookedAt({ path, headers: { accept = '' } }: Request): boolean {
  const isForPrograms = /^\/(api|dicom-web|wado|health|metrics|assets)(\/|$)/.test(path);
  return !isForPrograms && accept.split(',').some((range) => range.trim().startsWith('text/html'));
}

/** Every file below a directory, as `/assets/main-1a2b.js`; none when there is no such directory. */
async function listFiles(directory: string): Promise<Set<string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length).split(sep).join('/')),
  );
}

function accepts(header: string | undefined, encoding: string): boolean {
  return (header ?? '').split(',').some((item) => {
    const [name, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
