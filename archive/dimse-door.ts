/**
 * The DIMSE door: listens for associations, and leads each request to the services of `scp/all.ts`.
 */
import type { AddressInfo, Server } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { type Caller, callerKey } from '#access/caller.ts';
import type { Certificates } from '#access/certificates.ts';
import { Exchange } from '#dicom/dimse/exchange.ts';
import type { Operation, Service } from '#dicom/dimse/service.ts';
import type { AcceptorOptions } from '#dicom/network/acceptor.ts';
import { type UpperLayerLimits, upperLayerLimits } from '#dicom/network/limits.ts';
import { Connections, listen, type ListenerOptions } from '#dicom/network/listener.ts';
import { acceptorContext, type Certificate } from '#dicom/network/secure.ts';
import { limits } from '#settings/limits.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import type { Settings } from '#settings/settings.ts';
import { turnOfCaller } from '#settings/turn-of-caller.ts';
import { AssociationReport, type ReportParts } from './association-report.ts';
import type { Ingest } from './ingest.ts';
import { type Behind, type LockedOutParts, watchLockedOut } from './locked-out.ts';
import { services } from './scp/all.ts';
import { type Allowances, openAllowances } from './scp/allowances.ts';
import type { ServiceContext } from './scp/service-context.ts';

export interface DimseDoorOptions extends ReportParts {
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
  /** Says who may not go on; without it everybody may while an association is open. */
  readonly lockedOut?: LockedOutParts;
  /** Called with each server before it listens. */
  readonly prepare?: (server: Server) => void;
  /** For figures: each association is first accepted or rejected; an accepted one then ends. */
  readonly onAssociation?: (what: 'accepted' | 'rejected' | 'ended') => void;
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

function acceptorOf(options: DimseDoorOptions, exchanges: Exchanges): AcceptorOptions<Caller> {
  const { settings, admit, log, figures, onAssociation } = options;
  const { associationsPerDevice = limits.dimse.associationsPerDevice, allowances = openAllowances() } = options;
  const most = { ...upperLayerLimits, ...limits.dimse, ...options.limits };
  const perDevice = new PerDevice();
  return {
    aeTitle: settings.dimse.aeTitle,
    offers: services,
    limits: { ...most, associationsKept: Math.floor(most.associations * limits.dimse.associationsKeptShare) },
    admit,
    isFirst: ({ device }) => device !== undefined && perDevice.of(device) === 0,
    isFullFor({ device }) {
      const isFull = device !== undefined && perDevice.of(device) >= associationsPerDevice;
      if (isFull) {
        const reason = `more than ${associationsPerDevice} associations at once`;
        figures?.failed(device, { code: 'tooManyAssociations', reason });
      }
      return isFull;
    },
    established(association, agreement, calling, caller) {
      const { callingAETitle, address } = calling;
      const report = new AssociationReport(options, calling, caller);
      const exchange: Exchange<ServiceContext> = new Exchange(association, agreement, {
        services: performing,
        context: contextOf(options, { caller, callingAETitle, allowances }),
        performed: (performed) => report.performed(performed),
        ended(lost) {
          const isLockedOut = !exchanges.delete(exchange);
          perDevice.count(caller.device, -1);
          report.ended(lost, isLockedOut);
          onAssociation?.('ended');
        },
      });
      exchanges.set(exchange, caller);
      perDevice.count(caller.device, 1);
      if (caller.device !== undefined) figures?.associated(caller.device);
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

/** Associations of each device of the registry. */
class PerDevice {
  readonly #counts = new Map<number, number>();

  of(device: number): number {
    return this.#counts.get(device) ?? 0;
  }

  count(device: number | undefined, by: 1 | -1): void {
    if (device === undefined) return;
    const now = this.of(device) + by;
    if (now === 0) this.#counts.delete(device);
    else this.#counts.set(device, now);
  }
}

/** What services are given with each request of one association. */
function contextOf(
  { settings, ingest, parts, moveDestination, commitments, figures }: DimseDoorOptions,
  whose: Pick<ServiceContext, 'caller' | 'callingAETitle' | 'allowances'>,
): ServiceContext {
  return {
    ...whose,
    aeTitle: settings.dimse.aeTitle,
    siteTimeZone: settings.siteTimeZone,
    ingest,
    parts,
    moveDestination,
    commitments,
    deviceFailed: (device, failure) => figures?.failed(device, failure),
  };
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
