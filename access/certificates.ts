/**
 * The certificates of both doors: read again and again, so that a renewed one holds for the next connection without a restart.
 * Files that do not fit together (half of a pair is written, a wrong key, one that has expired) change nothing: the old ones stay,
 * and the log and the status page say so.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Certificate } from '#dicom/network/secure.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { BadSetting } from '#settings/settings.ts';

export interface CertificateFiles {
  /** Ours: PEM files of the chain and its key. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** Of those who vouch for devices. */
  readonly caPath?: string | undefined;
}

export interface Certificates extends Disposable {
  readonly own: Certificate | undefined;
  /** PEM. */
  readonly authorities: string | undefined;
  /** When ours ends; undefined where there is none. */
  readonly expires: Date | undefined;
  /** Newer files lie there and cannot be used. */
  readonly isRefused: boolean;
  /** Called after each change. */
  onChange(take: () => void): void;
}

/** What does not fit, with the setting that names its file. */
export class UnfitCertificate extends Error {
  readonly variable: 'TLS_CERT' | 'TLS_KEY' | 'DIMSE_TLS_CA';
  readonly path: string;
  readonly expects: string;

  constructor(variable: UnfitCertificate['variable'], path: string, expects: string) {
    super(`${variable}: expected ${expects}`);
    this.variable = variable;
    this.path = path;
    this.expects = expects;
  }
}

interface Read {
  readonly own: Certificate | undefined;
  readonly authorities: string | undefined;
  readonly expires: Date | undefined;
}

/** @throws BadSetting when the files that are there at the start cannot be used */
export async function openCertificates(
  files: CertificateFiles,
  { log, everyMs = limits.tls.lookMs }: { log: Pick<Log, 'info' | 'warn' | 'error'>; everyMs?: number },
): Promise<Certificates> {
  const takers: (() => void)[] = [];
  let current = await readCertificates(files).catch((error: unknown) => {
    throw error instanceof UnfitCertificate ? new BadSetting(error.variable, error.path, error.expects) : error;
  });
  if (isOver(current)) log.warn({ expires: current.expires }, 'the certificate of TLS_CERT is not valid now');
  let refusedFor: string | undefined;

  async function look(): Promise<void> {
    const before = current;
    try {
      const found = await readCertificates(files);
      if (isOver(found) && !isOver(current))
        throw new UnfitCertificate('TLS_CERT', '', 'a certificate that is valid now');
      if (!isSame(found, current)) take(found);
      refusedFor = undefined;
    } catch (error) {
      // A door that does not take them is offered them again at the next look.
      current = before;
      const why = error instanceof Error ? error.message : String(error);
      // Said once for each reason, not at every look.
      if (why !== refusedFor) log.error({ why }, 'the new certificates cannot be used; the ones before stay in use');
      refusedFor = why;
    }
  }

  function take(found: Read): void {
    current = found;
    for (const each of takers) each();
    log.info({ expires: current.expires }, 'new certificates are in use');
  }

  let looking: Promise<void> | undefined;
  const timer = setInterval(() => (looking ??= look().finally(() => (looking = undefined))), everyMs);
  timer.unref();
  return {
    get own() {
      return current.own;
    },
    get authorities() {
      return current.authorities;
    },
    get expires() {
      return current.expires;
    },
    get isRefused() {
      return refusedFor !== undefined;
    },
    onChange: (take) => void takers.push(take),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** @throws UnfitCertificate */
export async function readCertificates({ tls, caPath }: CertificateFiles): Promise<Read> {
  const authorities = caPath === undefined ? undefined : await textOf('DIMSE_TLS_CA', caPath);
  if (caPath !== undefined && authorities !== undefined) requireAuthorities(caPath, authorities);
  if (!tls) return { own: undefined, authorities, expires: undefined };
  const own = { cert: await textOf('TLS_CERT', tls.certPath), key: await textOf('TLS_KEY', tls.keyPath) };
  try {
    createSecureContext(own);
    const { validTo } = new X509Certificate(own.cert);
    return { own, authorities, expires: new Date(validTo) };
  } catch {
    throw new UnfitCertificate('TLS_CERT', tls.certPath, 'a PEM certificate that belongs to its key');
  }
}

async function textOf(variable: UnfitCertificate['variable'], path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new UnfitCertificate(variable, path, 'a readable PEM file');
  }
}

/** OpenSSL takes a file without a certificate, and then believes nobody. */
function requireAuthorities(path: string, pem: string): void {
  try {
    const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    if (found.length > 0 && found.every((each) => new X509Certificate(each))) return;
  } catch {
    // Said below.
  }
  throw new UnfitCertificate('DIMSE_TLS_CA', path, 'a PEM file with certificates of authorities');
}

function isOver({ own, expires }: Read): boolean {
  if (!own || !expires) return false;
  const now = Date.now();
  return now > expires.getTime() || now < Date.parse(new X509Certificate(own.cert).validFrom);
}

function isSame(a: Read, b: Read): boolean {
  return a.own?.cert === b.own?.cert && a.own?.key === b.own?.key && a.authorities === b.authorities;
}
