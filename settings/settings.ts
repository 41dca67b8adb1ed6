/**
 * Every environment variable, read once, with its default (contract, section "Settings").
 * The only file that looks at the environment; everything else is handed a `Settings`.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { limits } from './limits.ts';
import { hiddenSecret, maskAddress } from './mask.ts';
import { type DeviceSetting, type Role, type Variable, variables } from './variables.ts';

export interface Settings {
  readonly dataDir: string;
  readonly http: { readonly host: string; readonly port: number };
  /** Base of every address that we print or write, without a final slash; absent: relative addresses. */
  readonly publicUrl: string | undefined;
  /** Express "trust proxy": a number of hops, or the addresses to believe. */
  readonly trustProxy: number | readonly string[] | undefined;
  /** Origins of other viewers, whose pages may use /dicom-web and /wado. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks of load balancers that begin each connection with a header of the PROXY protocol. */
  readonly proxyProtocol: readonly string[];
  /** Paths of PEM files. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly dimse: {
    readonly host: string;
    readonly port: number;
    readonly tlsPort: number | undefined;
    readonly aeTitle: string;
    readonly trustLoopback: boolean;
    /** Path of a PEM file: who vouches for the certificates of devices. */
    readonly tlsCaPath: string | undefined;
    readonly associationsPerDevice: number;
    /** In place of those of `limits.dimse`. */
    readonly limits: {
      readonly associations: number;
      readonly announcedPduBytes: number;
      readonly acceptedPduBytes: number;
      readonly operationsPerformed: number;
      readonly operationsInvoked: number;
      readonly idleAssociationMs: number;
      readonly artimMs: number;
    };
    /** The same for associations that we open; `artimMs` where it was set. */
    readonly outgoing: {
      readonly announcedPduBytes: number;
      readonly acceptedPduBytes: number;
      readonly artimMs?: number;
    };
  };
  /** Longest data set that is taken, through either door. */
  readonly datasetBytes: number;
  /** Of several machines, each of which keeps its access record in a directory of its name; absent: in `dataDir`. */
  readonly accessLogDir: string | undefined;
  /** How much of the access record is kept. */
  readonly accessLogBytes: number;
  /** Absent: the embedded PostgreSQL in `dataDir`. Programs started by the launcher always have it. */
  readonly databaseUrl: string | undefined;
  /** Absent: the queue is on PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly storageUrl: string;
  readonly spoolDir: string;
  readonly siteTimeZone: string;
  /** A study to which nothing has come for so long is complete. */
  readonly studyQuietSeconds: number;
  readonly adminPassword: string | undefined;
  readonly devices: readonly DeviceSetting[];
  readonly roles: ReadonlySet<Role>;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Name = keyof typeof variables;
type Value<N extends Name> = (typeof variables)[N] extends Variable<infer T> ? T : never;

/** A setting that stops the start. The message is one line: the variable, its value (secrets masked), what is expected. */
export class BadSetting extends Error {
  override name = 'BadSetting';
  readonly variable: string;

  constructor(variable: string, value: string, expects: string, options?: ErrorOptions) {
    super(`${variable} is ${JSON.stringify(value)}; expected ${expects}.`, options);
    this.variable = variable;
  }
}

/** @throws BadSetting at the first variable that is wrong */
export function readSettings(environment: Environment): Settings {
  const read = <N extends Name>(name: N) => readVariable(name, environment);
  const dataDir = read('DATA_DIR') ?? readDefault('DATA_DIR', './data');
  const dimseHost = read('DIMSE_HOST') ?? '127.0.0.1';
  const tls = readTls(environment);
  const tlsPort = read('DIMSE_TLS_PORT');
  if (tlsPort !== undefined && tls === undefined) {
    throw new BadSetting('DIMSE_TLS_PORT', String(tlsPort), 'TLS_CERT and TLS_KEY to be set too');
  }
  return {
    dataDir,
    http: { host: read('HTTP_HOST') ?? '127.0.0.1', port: read('HTTP_PORT') ?? 8080 },
    publicUrl: read('PUBLIC_URL'),
    trustProxy: read('TRUST_PROXY'),
    corsOrigins: read('CORS_ORIGINS') ?? [],
    proxyProtocol: read('PROXY_PROTOCOL') ?? [],
    tls,
    dimse: {
      host: dimseHost,
      port: read('DIMSE_PORT') ?? 11112,
      tlsPort,
      aeTitle: read('AE_TITLE') ?? 'LIGHTBOX',
      trustLoopback: read('DIMSE_TRUST_LOOPBACK') ?? isLoopback(dimseHost),
      tlsCaPath: read('DIMSE_TLS_CA'),
      associationsPerDevice: read('DIMSE_DEVICE_ASSOCIATIONS') ?? limits.dimse.associationsPerDevice,
      ...readDimseLimits(environment),
    },
    datasetBytes: times(read('DATASET_MIB'), 1024 ** 2) ?? limits.dataset.bytes,
    accessLogDir: read('ACCESS_LOG_DIR'),
    accessLogBytes: (read('ACCESS_LOG_MIB') ?? 1000) * 1024 ** 2,
    databaseUrl: read('DATABASE_URL'),
    redisUrl: read('REDIS_URL'),
    storageUrl: read('STORAGE_URL') ?? pathToFileURL(join(dataDir, 'objects')).href,
    spoolDir: read('SPOOL_DIR') ?? join(dataDir, 'spool'),
    siteTimeZone: read('SITE_TIME_ZONE') ?? 'Asia/Ho_Chi_Minh',
    studyQuietSeconds: read('STUDY_QUIET_SECONDS') ?? 120,
    adminPassword: read('ADMIN_PASSWORD'),
    devices: read('DEVICES') ?? [],
    roles: read('ROLES') ?? new Set<Role>(['archive', 'worker']),
  };
}

function readVariable<N extends Name>(name: N, environment: Environment): Value<N> | undefined {
  const definition = variables[name] as Variable<Value<N>>;
  const text = definition.secret ? readSecret(name, environment) : environment[name];
  if (text === undefined || text === '') return undefined;
  const result = definition.read.safeParse(text);
  if (result.success) return result.data;
  throw new BadSetting(name, masked(text, definition.secret), definition.expects);
}

function readDefault(name: 'DATA_DIR', text: string): string {
  return variables[name].read.parse(text);
}

/** The variable itself, or the content of the file that `NAME_FILE` names (as container secrets are given). */
function readSecret(name: string, environment: Environment): string | undefined {
  const path = environment[`${name}_FILE`];
  if (!path) return environment[name];
  if (environment[name]) throw new BadSetting(`${name}_FILE`, path, `only one of ${name} and ${name}_FILE`);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw new BadSetting(`${name}_FILE`, path, 'a readable file');
  }
}

function readDimseLimits(environment: Environment): Pick<Settings['dimse'], 'limits' | 'outgoing'> {
  const { dimse } = limits;
  const operations = readVariable('DIMSE_OPERATIONS', environment) ?? dimse.operationsPerformed;
  const announcedPduBytes = times(readVariable('DIMSE_PDU_KIB', environment), 1024) ?? dimse.announcedPduBytes;
  const lengths = { announcedPduBytes, acceptedPduBytes: Math.max(dimse.acceptedPduBytes, announcedPduBytes) };
  const artimMs = times(readVariable('DIMSE_ARTIM_SECONDS', environment), 1000);
  return {
    limits: {
      ...lengths,
      associations: readVariable('DIMSE_ASSOCIATIONS', environment) ?? dimse.associations,
      operationsPerformed: operations,
      operationsInvoked: Math.min(operations, dimse.operationsInvoked),
      idleAssociationMs: times(readVariable('DIMSE_IDLE_SECONDS', environment), 1000) ?? dimse.idleAssociationMs,
      artimMs: artimMs ?? dimse.artimMs,
    },
    outgoing: { ...lengths, ...(artimMs !== undefined && { artimMs }) },
  };
}

function times(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value * unit;
}

function readTls(environment: Environment): Settings['tls'] {
  const certPath = readVariable('TLS_CERT', environment);
  const keyPath = readVariable('TLS_KEY', environment);
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath !== undefined)
    throw new BadSetting('TLS_KEY', '', `${variables.TLS_KEY.expects}, because TLS_CERT is set`);
  if (keyPath !== undefined)
    throw new BadSetting('TLS_CERT', '', `${variables.TLS_CERT.expects}, because TLS_KEY is set`);
  return undefined;
}

function masked(text: string, secret: Variable<unknown>['secret']): string {
  if (secret === 'value') return hiddenSecret;
  return secret === 'address' ? maskAddress(text) : text;
}

/** Whether a host to listen on is reached from this machine only. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
