/**
 * The DIMSE door: listens for associations, and leads each request to the services of `scp/all.ts`.
 */
import type { AddressInfo, Server } from 'node:net';
import type { Server as TlsServer } from 'node:tls';

import { type Caller, callerKey } from '#access/caller.ts';
import type { DeviceFigures } from '#access/device-figures.ts';
import type { Certificates } from '#access/certificates.ts';
import type { Ingest } from '#archive/ingest.ts';
import { type Behind, type LockedOutParts, watchLockedOut } from '#archive/locked-out.ts';
import { services } from '#archive/scp/all.ts';
import { type Allowances, openAllowances } from '#archive/scp/allowances.ts';
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { Exchange, type Performed } from '#dicom/dimse/exchange.ts';
import type { Operation, Service } from '#dicom/dimse/service.ts';
import { isFailure, printedStatus } from '#dicom/dimse/status.ts';
import type { AcceptorOptions } from '#dicom/network/acceptor.ts';
import { type UpperLayerLimits, upperLayerLimits } from '#dicom/network/limits.ts';
import { Connections, listen, type ListenerOptions } from '#dicom/network/listener.ts';
import { acceptorContext, type Certificate } from '#dicom/network/secure.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { limits } from '#settings/limits.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import type { Settings } from '#settings/settings.ts';
import { turnOfCaller } from '#settings/turn-of-caller.ts';

/** As pino logs: fields, then a message. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface DimseDoorOptions {
  readonly settings: Pick<Settings, 'siteTimeZone'> & {
    readonly dimse: Pick<Settings['dimse'], 'host' | 'port' | 'tlsPort' | 'aeTitle'>;
  };
  /** With one of ours, and a port for it, there is a door with TLS too. */
  readonly certificates?: Pick<Certificates, 'own' | 'authorities' | 'onChange'>;
  readonly ingest: Ingest;
  readonly parts: ServiceContext['parts'];
  readonly moveDestination: ServiceContext['moveDestination'];
  readonly commitments: ServiceContext['commitments'];
  readonly admit: AcceptorOptions<Caller>['admit'];
  readonly log: Log;
  /** Says who may not go on; without it everybody may while an association is open. */
  readonly lockedOut?: LockedOutParts;
  /** What devices of the registry did and what failed. */
  readonly figures?: Pick<DeviceFigures, 'associated' | 'failed'>;
  /** Called with each server before it listens. */
  readonly prepare?: (server: Server) => void;
  /** For figures: each association is first accepted or rejected; an accepted one then ends. */
  readonly onAssociation?: (what: 'accepted' | 'rejected' | 'ended') => void;
  /** For figures: each request that was performed, with its answer. */
  readonly onMessage?: (performed: Performed) => void;
  /** In place of those of `settings/limits.ts`. */
  readonly limits?: Partial<UpperLayerLimits>;
  readonly associationsPerDevice?: number;
  readonly allowances?: Allowances;
}

export interface DimseDoor extends AsyncDisposable {
  readonly port: number;
  /** Undefined where there is no TLS. */
  readonly tlsPort: number | undefined;
  /** Accepts nothing new, lets requests that are being performed be answered, and ends every association. */
  drain(): Promise<void>;
}

/** Those that are open, each with who stands behind it. */
type Exchanges = Map<Exchange<ServiceContext>, Behind>;

/** Each is performed on behalf of who asks, and begun in his turn. */
const performing = services.map(({ commands, ...service }): Service<ServiceContext> => ({
  ...service,
  commands: Object.fromEntries(
    Object.entries(commands).map(([name, operation]): [string, Operation<ServiceContext>] => [
      name,
      (request, context) =>
        onBehalfOf(callerKey(context.caller), async () => {
          await turnOfCaller();
          return operation(request, context);
        }),
    ]),
  ),
}));

/** @throws the system's error (EADDRINUSE, EACCES) when a port cannot be listened on */
export async function openDimseDoor(options: DimseDoorOptions): Promise<DimseDoor> {
  const { host, port, tlsPort } = options.settings.dimse;
  const { certificates } = options;
  const exchanges: Exchanges = new Map();
  const connections = new Connections();
  const { prepare } = options;
  const acceptor = { ...acceptorOf(options, exchanges), ...(prepare && { prepare }) };
  const plain = await listen({ ...acceptor, host, port }, connections);
  let secure: Server | undefined;
  try {
    if (certificates?.own && tlsPort !== undefined)
      secure = await listenSecurely({ ...acceptor, host, port: tlsPort }, certificates, certificates.own, connections);
  } catch (error) {
    plain.close();
    throw error;
  }
  const { lockedOut, log } = options;
  const watching = lockedOut && watchLockedOut('associations', exchanges, { ...lockedOut, log });
  let draining: Promise<void> | undefined;
  const end = async () => {
    const closed = close(secure ? [plain, secure] : [plain], connections, exchanges);
    await Promise.all([closed, watching?.[Symbol.asyncDispose]()]);
  };
  const drain = () => (draining ??= end());
  return { port: portOf(plain), tlsPort: secure && portOf(secure), drain, [Symbol.asyncDispose]: drain };
}

async function listenSecurely(
  options: ListenerOptions<Caller>,
  certificates: NonNullable<DimseDoorOptions['certificates']>,
  own: Certificate,
  connections: Connections,
): Promise<Server> {
  const server = await listen({ ...options, tls: acceptorContext(own, certificates.authorities) }, connections);
  certificates.onChange(() => {
    if (certificates.own)
      (server as TlsServer).setSecureContext(acceptorContext(certificates.own, certificates.authorities));
  });
  return server;
}

function acceptorOf(
  {
    settings,
    ingest,
    parts,
    moveDestination,
    commitments,
    admit,
    log,
    onAssociation,
    onMessage,
    ...options
  }: DimseDoorOptions,
  exchanges: Exchanges,
): AcceptorOptions<Caller> {
  const { siteTimeZone } = settings;
  const { associationsPerDevice = limits.dimse.associationsPerDevice, allowances = openAllowances() } = options;
  const most = { ...upperLayerLimits, ...limits.dimse, ...options.limits };
  const perDevice = new Map<number, number>();
  const count = (device: number | undefined, by: 1 | -1): void => {
    if (device === undefined) return;
    const now = (perDevice.get(device) ?? 0) + by;
    if (now === 0) perDevice.delete(device);
    else perDevice.set(device, now);
  };
  const { aeTitle } = settings.dimse;
  return {
    aeTitle,
    offers: services,
    limits: { ...most, associationsKept: Math.floor(most.associations * limits.dimse.associationsKeptShare) },
    admit,
    isFirst: ({ device }) => device !== undefined && !perDevice.has(device),
    isFullFor({ device }) {
      const isFull = device !== undefined && (perDevice.get(device) ?? 0) >= associationsPerDevice;
      if (isFull) {
        const reason = `more than ${associationsPerDevice} associations at once`;
        options.figures?.failed(device, { code: 'tooManyAssociations', reason });
      }
      return isFull;
    },
    established(association, agreement, calling, caller) {
      const { callingAETitle, address } = calling;
      const began = performance.now();
      const figures = { messages: 0, failures: 0, bytes: 0 };
      const failed = (failure: DeviceFailure): void => {
        if (caller.device !== undefined) options.figures?.failed(caller.device, failure);
      };
      const exchange: Exchange<ServiceContext> = new Exchange(association, agreement, {
        services: performing,
        context: {
          caller,
          callingAETitle,
          aeTitle,
          siteTimeZone,
          ingest,
          parts,
          moveDestination,
          commitments,
          allowances,
          deviceFailed: (device, failure) => options.figures?.failed(device, failure),
        },
        performed(performed) {
          figures.messages++;
          figures.bytes += performed.datasetBytes;
          if (isFailure(performed.answer.status)) {
            figures.failures++;
            logFailure(log, callingAETitle, performed);
            failed(failureOf(performed));
          }
          onMessage?.(performed);
        },
        ended(lost) {
          const isLockedOut = !exchanges.delete(exchange);
          count(caller.device, -1);
          const durationMs = Math.round(performance.now() - began);
          const fields = { callingAETitle, address, ...figures, durationMs };
          if (lost) {
            log.warn({ ...fields, reason: lost.message }, 'association lost');
            if (!isLockedOut) failed({ code: 'associationBroken', reason: `association lost: ${lost.message}` });
          } else log.info(fields, 'association released');
          onAssociation?.('ended');
        },
      });
      exchanges.set(exchange, caller);
      count(caller.device, 1);
      if (caller.device !== undefined) options.figures?.associated(caller.device);
      log.info({ callingAETitle, address, contexts: agreement.contexts.size }, 'association accepted');
      onAssociation?.('accepted');
      return exchange;
    },
    rejected({ callingAETitle, calledAETitle, address }, rejection, cause) {
      log.warn({ callingAETitle, calledAETitle, address, rejection, err: cause }, 'association rejected');
      onAssociation?.('rejected');
    },
    failed(address, lost) {
      if (lost) log.warn({ address, reason: lost.message }, 'no association');
    },
  };
}

function logFailure(
  log: Log,
  callingAETitle: string,
  { command, context, answer, datasetBytes, unexpected }: Performed,
) {
  const fields = {
    callingAETitle,
    abstractSyntax: context.abstractSyntax,
    transferSyntax: context.transferSyntax,
    SOPInstanceUID: command.AffectedSOPInstanceUID,
    commandField: command.CommandField,
    status: printedStatus(answer.status),
    errorComment: answer.errorComment,
    bytes: datasetBytes,
  };
  if (unexpected === undefined) log.warn(fields, 'request failed');
  else log.error({ ...fields, err: unexpected }, 'request failed unexpectedly');
}

/** Its reason reads `C-STORE A700: no space left in storage`. */
function failureOf({ command: { CommandField }, answer }: Performed): DeviceFailure {
  const [name = 'request'] = Object.entries(commandFields).find(([, field]) => field === CommandField) ?? [];
  const operation = name.replace('-RQ', '');
  const code = operation === 'C-STORE' ? storeFailureCode(answer.status) : 'requestFailed';
  const number = printedStatus(answer.status);
  return { code, operation, status: number, reason: `${operation} ${number}: ${answer.errorComment ?? 'failed'}` };
}

/** PS3.4 Table B.2-1. */
function storeFailureCode(status: number): DeviceFailure['code'] {
  if (status >> 8 === 0xa7) return 'requestOutOfResources';
  return status >> 8 === 0xa9 || status >> 12 === 0xc ? 'requestNotUnderstood' : 'requestFailed';
}

async function close(servers: readonly Server[], connections: Connections, open: Exchanges): Promise<void> {
  const exchanges = [...open.keys()];
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const over = Promise.all(exchanges.map((exchange) => exchange.over));
  for (const exchange of exchanges) exchange.drain();
  const tooLong = Promise.withResolvers<void>();
  const timer = setTimeout(tooLong.resolve, limits.stop.dimseMs);
  await Promise.race([over, tooLong.promise]);
  clearTimeout(timer);
  connections.closeAll();
  await Promise.all(closed);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
