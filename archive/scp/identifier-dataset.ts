/**
 * The data set of a request that is no instance (the identifier of a C-FIND, C-GET or C-MOVE, the attributes of N-CREATE,
 * N-SET and N-ACTION) in memory, whole or not at all: a part of an identifier would ask for more.
 */
import { Readable } from 'node:stream';
import { defaultCharacterSet, parseSpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { holding, mostInflated, weightOfBytes } from '#derive/heavy-heads.ts';
import { parseDataset, parseWholeInTurns } from '#dicom/file/parse.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from '../problems.ts';
import { CountedBytes } from './counted-bytes.ts';

export interface IdentifierLimits {
  readonly identifierBytes: number;
  readonly identifierElements: number;
}

/**
 * @param characterSet of a data set that names none, values joined by backslashes
 * @throws BadDataset, Problem cannotUnderstand or outOfResources, AssociationLost
 */
export async function readIdentifierDataset(
  request: Request,
  identifierLimits: IdentifierLimits,
  characterSet?: string,
): Promise<Dataset> {
  return receive(request, identifierLimits, characterSet, ({ parse }) => parse());
}

/**
 * The same where it may be large: in memory, and so is what `work` makes of it, only while there is room for it.
 * @param besides  bytes of what `work` reads beside it
 * @param work  is told how many bytes both are, deflated ones as they came: what they may be at most is much more than they are
 * @throws BadDataset, Problem cannotUnderstand or outOfResources, AssociationLost, NoRoomInMemory, and what `work` throws
 */
export async function withIdentifierDataset<T>(
  request: Request,
  identifierLimits: IdentifierLimits,
  characterSet: string | undefined,
  work: (dataset: Dataset, bytes: number) => Promise<T>,
  besides: () => Promise<number> = async () => 0,
): Promise<T> {
  return receive(request, identifierLimits, characterSet, async ({ bytes, mostBytes, parse }) => {
    const others = await besides();
    return holding(weightOfBytes(mostBytes + others), async () => work(await parse(), bytes + others));
  });
}

/** Bytes of a data set, whole, before anything is made of them. */
interface Collected {
  readonly bytes: number;
  /** How many they are at most, inflated. */
  readonly mostBytes: number;
  parse(): Promise<Dataset>;
}

/** Each piece is counted before it is kept, until `work` is done with all of them. */
async function receive<T>(
  { dataset, transferSyntax }: Request,
  { identifierBytes, identifierElements }: IdentifierLimits,
  characterSet: string | undefined,
  work: (collected: Collected) => Promise<T>,
): Promise<T> {
  const parseLimits = {
    sequenceDepth: limits.dataset.sequenceDepth,
    elements: identifierElements,
    attributeValueBytes: identifierBytes,
    attributeBytes: identifierBytes,
    inflatedBytes: identifierBytes,
  };
  const undeclared = characterSet === undefined ? defaultCharacterSet : parseSpecificCharacterSet(characterSet);
  if (!dataset) throw new Problem('cannotUnderstand', 'the request announces no data set');
  const syntax = transferSyntaxOf(transferSyntax);
  const pieces: Uint8Array[] = [];
  const counted = new CountedBytes(identifierBytes);
  try {
    for await (const piece of dataset) {
      await counted.add(piece.length);
      if (counted.bytes > identifierBytes)
        throw new Problem('cannotUnderstand', `the data set has at most ${identifierBytes} bytes`);
      pieces.push(Buffer.from(piece));
    }
    const { bytes } = counted;
    return await work({
      bytes,
      mostBytes: syntax.deflated ? Math.min(bytes * mostInflated, identifierBytes) : bytes,
      parse: () =>
        syntax.deflated
          ? // What ends early shows in the inflating itself.
            parseDataset(Readable.from(pieces), syntax, parseLimits, undeclared)
          : parseWholeInTurns(Buffer.concat(pieces), syntax, parseLimits, undeclared),
    });
  } finally {
    counted.letGo();
  }
}
