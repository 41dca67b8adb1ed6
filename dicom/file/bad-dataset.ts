/** Bytes that cannot be a data set (PS3.5), and where that showed. */
import { keywordOf, printedTag } from '../data/dictionary.ts';

export class BadDataset extends Error {
  override name = 'BadDataset';
  readonly tag: number;
  readonly byte: number;

  /** @param tag the element last begun, 0 when none was; @param byte bytes of the data set read until then */
  constructor(tag: number, byte: number, what: string) {
    const keyword = keywordOf(tag);
    const element = tag === 0 ? '' : `${printedTag(tag)}${keyword ? ` ${keyword}` : ''}, `;
    super(`${element}byte ${byte}: ${what}`);
    this.tag = tag;
    this.byte = byte;
  }
}
