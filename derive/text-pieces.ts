/** Long texts on their way out: in pieces that are worth writing, with turns for others between them. */
import { endOfTurn } from '#dicom/file/turn.ts';

const pieceCharacters = 64 * 1024;

/** @param texts  each in pieces as they are made, however small @param between  stands between two of the texts */
export async function* textPieces(
  texts: AsyncIterable<Iterable<string>>,
  between: string,
): AsyncGenerator<string, void, void> {
  let text = '';
  let isFirst = true;
  for await (const pieces of texts) {
    if (!isFirst) text += between;
    isFirst = false;
    for (const piece of pieces) {
      text += piece;
      if (text.length >= pieceCharacters) {
        yield text;
        text = '';
      }
      const over = endOfTurn();
      if (over) await over;
    }
  }
  if (text !== '') yield text;
}
