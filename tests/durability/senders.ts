/** Several modalities and a web client that send at the same time until they are told to stop, or are cut off. */
import { randomOf, uidOf } from '#samples/seed.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { datasetOf, type Item, type Ledger, type SentVersion } from './ledger.ts';
import { connectModality, cStore, isAcknowledged, type Outgoing, stow } from './store-client.ts';

export interface SendersOptions {
  readonly seed: string;
  readonly ledger: Ledger;
  readonly studies: readonly string[];
  readonly address: string;
  readonly dicom: string;
  readonly associations: number;
  /** An answer that is neither an acknowledgement nor "try again later". */
  readonly onFault: (fault: string) => void;
  readonly onAcknowledged?: () => void;
}

export interface Senders {
  /** Resolves when the instances on their way have been answered, or their connections are gone. */
  stop(): Promise<void>;
}

export function startSenders(options: SendersOptions): Senders {
  const state = { stopped: false };
  const running = Array.from({ length: options.associations }, (_, at) =>
    sendByCStore(options, randomOf(`${options.seed} association ${at}`), state),
  );
  running.push(sendByStow(options, randomOf(`${options.seed} web client`), state));
  return {
    async stop() {
      state.stopped = true;
      await Promise.all(running);
    },
  };
}

type Random = () => number;

async function sendByCStore(options: SendersOptions, random: Random, state: { stopped: boolean }): Promise<void> {
  try {
    while (!state.stopped) {
      const modality = await connectModality(options.dicom).catch((error: unknown) => {
        // Rejected for the moment (PS3.8 Table 9-21, result 2): PostgreSQL is away.
        if (error instanceof AssociationRejected && error.rejection.result === 2) return undefined;
        throw error;
      });
      if (!modality) continue;
      for (let left = 1 + random() * 20; left > 0 && !state.stopped; left--) {
        const [outgoing, version] = note(options.ledger, nextItem(options, random));
        const status = await cStore(modality, outgoing);
        if (isAcknowledged(status)) acknowledge(version, options);
        else if (status !== 0xa700) options.onFault(`C-STORE was answered with ${status.toString(16)}`);
      }
      await modality.release();
    }
  } catch (error) {
    if (!(error instanceof AssociationLost)) throw error;
  }
}

async function sendByStow(options: SendersOptions, random: Random, state: { stopped: boolean }): Promise<void> {
  while (!state.stopped) {
    const items = Array.from({ length: 1 + Math.floor(random() * 4) }, () => nextItem(options, random));
    const unique = [...new Map(items.map((item) => [item.instance, item])).values()];
    const sent = unique.map((item) => note(options.ledger, item));
    const answer = await stow(
      options.address,
      sent.map(([outgoing]) => outgoing),
    ).catch((error: unknown) => {
      if (error instanceof TypeError) return undefined; // how fetch says that the connection was cut
      throw error;
    });
    if (!answer) return;
    for (const [{ instance }, version] of sent) if (answer.kept.has(instance)) acknowledge(version, options);
    for (const reason of answer.failed.values())
      if (reason !== 0xa700) options.onFault(`STOW-RS failed an instance with ${reason.toString(16)}`);
    if (![200, 202, 503].includes(answer.status)) options.onFault(`STOW-RS was answered with ${answer.status}`);
  }
}

function note(ledger: Ledger, item: Item): [Outgoing, SentVersion] {
  const dataset = datasetOf(item);
  return [{ instance: item.instance, dataset }, ledger.sending(item, dataset)];
}

function acknowledge(version: SentVersion, { onAcknowledged }: SendersOptions): void {
  version.acknowledged = true;
  onAcknowledged?.();
}

/** Mostly something new; also what others send at this moment, what was sent before, and other bytes for that. */
function nextItem({ seed, ledger, studies }: SendersOptions, random: Random): Item {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const known = pick(ledger.items);
  const chance = random();
  if (known && chance < 0.08) return known;
  if (known && chance < 0.12) return { ...known, variant: known.variant + 1 };
  const study = pick(studies) as string;
  const series = uidOf(`${study} series ${Math.floor(random() * 3)}`);
  const shared = chance < 0.2;
  const name = shared ? `${seed} shared ${Math.floor(random() * 12)}` : `${seed} ${random()} ${ledger.items.length}`;
  if (shared)
    return {
      study: studies[0] as string,
      series: uidOf(`${studies[0]} shared`),
      instance: uidOf(name),
      variant: 0,
      pixelBytes: 4096,
    };
  const pixelBytes = chance > 0.94 ? 500_000 + random() * 3_000_000 : 256 + random() * 60_000;
  return { study, series, instance: uidOf(name), variant: 0, pixelBytes: 2 * Math.floor(pixelBytes / 2) };
}
