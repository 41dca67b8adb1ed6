/**
 * The environment variables, one row each: what it must look like, its default, and whether it is a secret.
 * The contract (section "Settings") in code; `settings.ts` reads them by this table and by nothing else.
 */
import { accessSync, constants } from 'node:fs';
import { isIP, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

import { limits } from './limits.ts';

/** A DICOM device named in `DEVICES`: a C-MOVE destination and an allowed caller. */
export interface DeviceSetting {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

export type Role = 'archive' | 'worker';

export interface Variable<T> {
  /** What is expected, for the one line that an operator reads. */
  readonly expects: string;
  /** `value`: all of it is secret. `address`: an address that may carry a password. Both are also read from `NAME_FILE`. */
  readonly secret?: 'value' | 'address';
  readonly read: z.ZodType<T, string>;
}

function variable<T>(expects: string, read: z.ZodType<T, string>, secret?: 'value' | 'address'): Variable<T> {
  return { expects, read, ...(secret && { secret }) };
}

/** A schema from a plain function: `undefined` is "not valid". */
function from<T>(parse: (text: string) => T | undefined): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'not valid' });
    return z.NEVER;
  });
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text));
}

/** PS3.5 Table 6.2-1, AE: 1–16 characters without backslash and control characters; outer spaces do not count. */
function aeTitle(text: string): string | undefined {
  const title = text.trim();
  return /^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(title) ? title : undefined;
}

function address(text: string, protocols: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined;
  return protocols.includes(new URL(text).protocol) ? text : undefined;
}

function publicUrl(text: string): string | undefined {
  if (address(text, ['http:', 'https:']) === undefined) return undefined;
  const url = new URL(text);
  if (url.search || url.hash || url.username || url.password) return undefined;
  return url.href.replace(/\/+$/, '');
}

/** Exact origins as browsers write them (RFC 6454 Section 6.2): no pattern, no path, and not `null`. */
function origins(text: string): string[] | undefined {
  const all = text.split(',').map((each) => each.trim());
  return all.every((each) => address(each, ['http:', 'https:']) && new URL(each).origin === each && !each.includes('*'))
    ? all
    : undefined;
}

/** How many proxies stand in front, or whom to believe: what Express calls "trust proxy". */
function trustProxy(text: string): number | string[] | undefined {
  const hops = wholeNumber(text, 1, 10);
  if (hops !== undefined) return hops;
  const names = text.split(',').map((name) => name.trim());
  return names.every(isNetwork) ? names : undefined;
}

function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [ip = '', prefix, ...more] = text.split('/');
  if (isIP(ip) === 0 || more.length > 0) return false;
  return prefix === undefined || wholeNumber(prefix, 0, isIPv6(ip) ? 128 : 32) !== undefined;
}

/** Addresses and networks of load balancers. */
function balancers(text: string): string[] | undefined {
  const network = (text: string) => (isIP(text.split('/')[0] ?? '') !== 0 && isNetwork(text) ? text : undefined);
  const named = list(text, (item) => network(item.trim()));
  return named && named.length > 0 ? named : undefined;
}

function storageUrl(text: string): string | undefined {
  if (text.startsWith('file:/')) return address(text, ['file:']);
  // KEY:SECRET@host:port/bucket; an unescaped "/" or "+" in the secret is what S3 servers hand out.
  return /^s3:\/\/[^:@/]+:[^@]+@[^@/:]+(:\d{1,5})?\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/?(\?[^#]*)?$/.test(text)
    ? text
    : undefined;
}

function timeZone(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone && text;
  } catch {
    return undefined;
  }
}

function device(text: string): DeviceSetting | undefined {
  const parts = /^([^@]+)@(\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(text.trim());
  const title = aeTitle(parts?.[1] ?? '');
  const host = (parts?.[2] ?? '').replace(/^\[|\]$/g, '');
  const port = wholeNumber(parts?.[3] ?? '', 1, 65_535);
  return title !== undefined && isHost(host) && port !== undefined ? { aeTitle: title, host, port } : undefined;
}

function list<T>(text: string, parse: (item: string) => T | undefined): T[] | undefined {
  const items = text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map(parse);
  return items.some((item) => item === undefined) ? undefined : (items as T[]);
}

function role(text: string): Role | undefined {
  const name = text.trim();
  return name === 'archive' || name === 'worker' ? name : undefined;
}

function roles(text: string): ReadonlySet<Role> | undefined {
  const named = list(text, role);
  return named && named.length > 0 ? new Set(named) : undefined;
}

function readableFile(text: string): string | undefined {
  try {
    accessSync(text, constants.R_OK);
    return resolve(text);
  } catch {
    return undefined;
  }
}

const path = from((text) => (text.includes('\0') ? undefined : resolve(text)));
const host = from((text) => (isHost(text) ? text : undefined));
const port = from((text) => wholeNumber(text, 0, 65_535));
const { passwordFewestCharacters, passwordCharacters } = limits.access;
const amount = (min: number, max: number) =>
  variable(
    `a whole number, ${min} to ${max}`,
    from((text) => wholeNumber(text, min, max)),
  );

export const variables = {
  DATA_DIR: variable('a directory', path),
  HTTP_HOST: variable('an IP address or host name to listen on', host),
  HTTP_PORT: variable('a TCP port, 0 to 65535 (0: any free one)', port),
  PUBLIC_URL: variable('an http:// or https:// address without query, as browsers see it', from(publicUrl)),
  TRUST_PROXY: variable(
    'the number of proxies, 1 to 10, or a list of IP addresses, networks or "loopback"',
    from(trustProxy),
  ),
  CORS_ORIGINS: variable('origins such as https://viewer.example, separated by commas', from(origins)),
  PROXY_PROTOCOL: variable('IP addresses or networks of load balancers, separated by commas', from(balancers)),
  TLS_CERT: variable('a readable PEM file with the certificate chain', from(readableFile)),
  TLS_KEY: variable('a readable PEM file with the private key', from(readableFile)),
  DIMSE_HOST: variable('an IP address or host name to listen on', host),
  DIMSE_PORT: variable('a TCP port, 0 to 65535 (0: any free one)', port),
  DIMSE_TLS_PORT: variable('a TCP port, 0 to 65535 (0: any free one)', port),
  DIMSE_TLS_CA: variable('a readable PEM file with the certificates of authorities for devices', from(readableFile)),
  DIMSE_ASSOCIATIONS: amount(1, 10_000),
  DIMSE_DEVICE_ASSOCIATIONS: amount(1, 10_000),
  DIMSE_PDU_KIB: amount(4, 1_024),
  DIMSE_OPERATIONS: amount(1, 64),
  DIMSE_IDLE_SECONDS: amount(10, 86_400),
  DIMSE_ARTIM_SECONDS: amount(1, 600),
  DATASET_MIB: amount(1, 1_048_576),
  AE_TITLE: variable('1 to 16 ASCII characters without backslash', from(aeTitle)),
  DIMSE_TRUST_LOOPBACK: variable(
    '0 or 1',
    from((text) => ({ '0': false, '1': true })[text]),
  ),
  DATABASE_URL: variable(
    'postgres://user:password@host:port/database',
    from((text) => address(text, ['postgres:', 'postgresql:'])),
    'address',
  ),
  REDIS_URL: variable(
    'redis:// or rediss://host:port',
    from((text) => address(text, ['redis:', 'rediss:'])),
    'address',
  ),
  STORAGE_URL: variable('file:///path or s3://KEY:SECRET@host:port/bucket', from(storageUrl), 'address'),
  SPOOL_DIR: variable('a directory', path),
  SITE_TIME_ZONE: variable('a time zone such as Asia/Ho_Chi_Minh', from(timeZone)),
  STUDY_QUIET_SECONDS: variable(
    'a number of seconds, 5 to 86400',
    from((text) => wholeNumber(text, 5, 86_400)),
  ),
  ACCESS_LOG_DIR: variable('a directory', path),
  ACCESS_LOG_MIB: amount(20, 100_000),
  ADMIN_PASSWORD: variable(
    `${passwordFewestCharacters} to ${passwordCharacters} characters`,
    from((text) =>
      [...text].length >= passwordFewestCharacters && [...text].length <= passwordCharacters ? text : undefined,
    ),
    'value',
  ),
  DEVICES: variable(
    'AET@host:port, several separated by commas',
    from((text) => list(text, device)),
  ),
  ROLES: variable('archive, worker, or archive,worker', from(roles)),
} as const;
