/**
 * The data set of a request that is no instance (the identifier of a C-FIND, C-GET or C-MOVE, the attributes of N-CREATE,
 * N-SET and N-ACTION) in memory, whole or not at all: a part of an identifier would ask for more.
 */
import { Problem } from '#archive/problems.ts';
import { defaultCharacterSet, parseSpecificCharacterSet } from '#dicom/data/character-sets.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { parseDataset, parseWholeInTurns } from '#dicom/file/parse.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';

/**
 * @param characterSet of a data set that names none, values joined by backslashes
 * @throws BadDataset, Problem cannotUnderstand, AssociationLost
 */
export async function readIdentifierDataset(
  { dataset, transferSyntax }: Request,
  { identifierBytes, identifierElements }: { readonly identifierBytes: number; readonly identifierElements: number },
  characterSet?: string,
): Promise<Dataset> {
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
  // What ends early shows in the inflating itself.
  if (syntax.deflated) return parseDataset(dataset, syntax, parseLimits, undeclared);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of dataset) {
    length += piece.length;
    if (length > identifierBytes)
      throw new Problem('cannotUnderstand', `the data set has at most ${identifierBytes} bytes`);
    pieces.push(Buffer.from(piece));
  }
  return parseWholeInTurns(Buffer.concat(pieces), syntax, parseLimits, undeclared);
}
