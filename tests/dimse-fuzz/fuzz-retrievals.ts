/**
 * Retrievals whose sub-operations are answered with damage: a C-MOVE's by its destination, a C-GET's by who asked. The archive must
 * end each of them, keep count of every instance, and have nothing taken up when they are over.
 */
import { connect } from 'node:net';
import { identifier, models, retrieve } from '#archive/scp/test-retrieval.ts';
import { uid } from '#dicom/data/uid.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { connectExchange, move, store, type Moved } from '#dicom/dimse/requests.ts';
import { randomOf } from '#samples/seed.ts';
import { secondaryCapture, smallInstance } from '../dataset-bytes.ts';
import { inTime } from '../in-time.ts';
import { watchedBeside, type Beside, type FuzzedArchive } from './beside.ts';
import { damaged, type FuzzOptions, pdusOf } from './damage.ts';
import { answerInTurn, HostileDestination, type Prepared } from './hostile-destination.ts';
import { recorded } from './recorder.ts';

const explicitLE = uid('1.2.840.10008.1.2.1');
const [study, series] = ['2.25.51', '2.25.52'];
const instances = ['2.25.53', '2.25.54', '2.25.55'];
const captures = [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLE] }];

/** Each is a device of its own, so that none waits for another. */
const atOnce = 16;
/** Whoever says no more is waited for so long before C-CANCEL, or before we hang up. */
const patienceMs = 150;
/** What C-CANCEL leaves the destination to answer, on a busy machine. */
const hangMs = 30_000;
/** Success, warning, unable to perform, cancelled (PS3.4 Table C.4-2). */
const lastStatuses: readonly unknown[] = [0x0000, 0xb000, 0xa702, 0xfe00];

export interface RetrievalsSummary extends Beside {
  readonly inputs: number;
  /** C-MOVEs by the status of their last response. */
  readonly moves: Readonly<Record<string, number>>;
  /** What must not be. */
  readonly faults: readonly string[];
}

/** To be named in the DEVICES of the archive. */
export const openHostileDestinations = (): Promise<HostileDestination[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, at) => HostileDestination.open(`HOSTILE${at}`)));

export async function fuzzRetrievals(
  { port, pid, destinations }: FuzzedArchive & { readonly destinations: readonly HostileDestination[] },
  { seed, inputs, onProgress }: FuzzOptions,
): Promise<RetrievalsSummary> {
  await storeStudy(port);
  const [toMove, toGet] = [await recordMove(port, destinations[0] as HostileDestination), await recordGet(port)];
  const faults: string[] = [];
  const moves: Record<string, number> = {};
  let [begun, done] = [0, 0];

  const fuzzOver = async (destination: HostileDestination): Promise<void> => {
    while (begun < inputs && faults.length < 10) {
      const number = begun++;
      const random = randomOf(`${seed} ${number}`);
      let fault: string | undefined;
      if (number % 2 === 0) {
        destination.prepared = prepare(toMove, 1, random);
        const moving = moveTo(port, destination.aeTitle, patienceMs);
        const moved = await inTime(moving, hangMs, 'the end of the C-MOVE').catch((error: Error) => error);
        if (!(moved instanceof Error)) moves[String(moved.status)] = (moves[String(moved.status)] ?? 0) + 1;
        fault = faultOf(moved);
      } else fault = await getDamaged(port, prepare(toGet, 2, random));
      if (fault) faults.push(`input ${number}: ${fault}`);
      done++;
      onProgress?.(done);
    }
    destination.prepared = undefined;
  };
  const beside = await watchedBeside({ port, pid }, faults, () => Promise.all(destinations.map(fuzzOver)));
  // What a retrieval took up and did not give back would be missing now.
  for (const { aeTitle } of destinations) {
    const { status, suboperations } = await moveTo(port, aeTitle);
    if (status !== 0 || suboperations.completed !== instances.length)
      faults.push(`C-MOVE to ${aeTitle} afterwards: ${status}`);
  }
  const { status, stored } = await getStudy(port);
  if (status !== 0 || stored.length !== instances.length) faults.push(`C-GET afterwards: ${status}`);
  return { inputs: done, moves, ...beside, faults };
}

/** Mostly what comes after the first turns is damaged, so that sub-operations are reached. @param turns that are left whole then */
function prepare(pdus: readonly Buffer[], turns: number, random: () => number): Prepared {
  const from = random() < 0.9 ? turns : 0;
  const bytes = Buffer.concat(damaged([pdus.slice(from)], random));
  return { turns: [...pdus.slice(0, from), ...pdusOf(bytes)], goodbye: random() };
}

function faultOf(moved: Moved | Error): string | undefined {
  if (moved instanceof Error) return String(moved.stack);
  const { status, suboperations, failedSOPInstanceUIDs } = moved;
  const { remaining = 0, completed, failed, warning } = suboperations;
  if (!lastStatuses.includes(status)) return `C-MOVE ended with ${status}: ${moved.errorComment}`;
  if (remaining + completed + failed + warning !== instances.length || failedSOPInstanceUIDs.length !== failed)
    return `C-MOVE lost count: ${JSON.stringify(moved)}`;
  return undefined;
}

async function storeStudy(port: number): Promise<void> {
  const exchange = await connectExchange({ ...called(port), contexts: captures });
  for (const instance of instances) {
    const dataset = smallInstance({ study, series, instance, patientID: 'RETRIEVED' });
    const kept = { sopClassUID: uid(secondaryCapture), transferSyntaxUID: explicitLE, dataset: [dataset] };
    const { status } = await store(exchange, { ...kept, sopInstanceUID: uid(instance) });
    if (status !== 0) throw new Error(`${instance} is not stored: ${status}`);
  }
  await exchange.release();
}

/** @param cancelMs when C-CANCEL follows */
async function moveTo(port: number, destination: string, cancelMs = hangMs): Promise<Moved> {
  const contexts = [{ abstractSyntax: studyRoot.move, transferSyntaxes: [explicitLE] }];
  const exchange = await connectExchange({ ...called(port), contexts });
  const asked = queryIdentifier('STUDY', new Map([[0x0020000d, study]]));
  const signal = AbortSignal.timeout(cancelMs);
  const moved = await move(exchange, { sopClassUID: studyRoot.move, identifier: asked, destination }, { signal });
  await exchange.release();
  return moved;
}

const getStudy = (port: number) =>
  retrieve(port, { model: models.study.get, keys: identifier('STUDY', { study }), contexts: captures });

/** @returns A-ASSOCIATE-AC, a C-STORE-RSP for each instance, A-RELEASE-RP */
async function recordMove(port: number, destination: HostileDestination): Promise<Buffer[]> {
  const [answers] = await recorded(destination.goodPort, 'acceptor', async (through) => {
    destination.target = through;
    await moveTo(port, destination.aeTitle);
    destination.target = destination.goodPort;
  });
  return enough(pdusOf(answers ?? Buffer.alloc(0)));
}

/** @returns A-ASSOCIATE-RQ, C-GET-RQ, a C-STORE-RSP for each instance, A-RELEASE-RQ */
async function recordGet(port: number): Promise<Buffer[]> {
  const [said] = await recorded(port, 'requestor', getStudy);
  const pdus = pdusOf(said as Buffer);
  // The request is a command and an identifier, in as many PDUs as they may be.
  const request = pdus.splice(1, pdus.length - instances.length - 2);
  return enough([pdus[0] as Buffer, Buffer.concat(request), ...pdus.slice(1)]);
}

function enough(turns: Buffer[]): Buffer[] {
  if (turns.length < instances.length + 2) throw new Error(`${turns.length} turns were recorded, too few`);
  return turns;
}

/** @returns what must not be: it was not let go of */
function getDamaged(port: number, { turns, goodbye }: Prepared): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const [first = Buffer.alloc(0), ...later] = turns;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const hangUp = setTimeout(() => socket.end(), patienceMs);
  const tooLong = setTimeout(() => {
    resolve('the connection of a C-GET was not closed');
    socket.destroy();
  }, hangMs);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') resolve('refused: nobody listens');
  });
  socket.on('close', () => resolve(undefined));
  answerInTurn(socket, { turns: later, goodbye });
  socket.write(first);
  return promise.finally(() => {
    clearTimeout(hangUp);
    clearTimeout(tooLong);
  });
}

const called = (port: number) => ({
  host: '127.0.0.1',
  port,
  callingAETitle: 'ASKS',
  calledAETitle: 'LIGHTBOX',
});
