/**
 * Values that are kept for long, beside each other in memory that holds nothing else. Those of a data set are views of what it
 * was read from, and the smallest of them would keep all of that.
 */
import type { Dataset, Element } from '#dicom/data/dataset.ts';

/** What short values are gathered in; no more than that is left over. */
const chunkBytes = 4096;

export class OwnMemory {
  /** What is held, whether it is filled or not. */
  heldBytes = 0;
  #chunk: Buffer = Buffer.alloc(0);

  copy(bytes: Uint8Array): Buffer {
    const isLong = bytes.length > chunkBytes / 4;
    if (!isLong && bytes.length > this.#chunk.length) this.#chunk = this.#take(chunkBytes);
    const copied = isLong ? this.#take(bytes.length) : this.#chunk.subarray(0, bytes.length);
    if (!isLong) this.#chunk = this.#chunk.subarray(bytes.length);
    copied.set(bytes);
    return copied;
  }

  /** Fragments are not copied: where a data set is kept, its pixels are not. */
  copyElement(element: Element): Element {
    const { bytes, items } = element;
    return {
      ...element,
      bytes: bytes && this.copy(bytes),
      items: items?.map((item) => this.#copyItem(item)),
    };
  }

  #copyItem(item: Dataset): Dataset {
    const elements = [...item.elements].map(([tag, element]) => [tag, this.copyElement(element)] as const);
    return { ...item, elements: new Map(elements) };
  }

  /** Never of the memory that Node shares among small buffers. */
  #take(bytes: number): Buffer {
    this.heldBytes += bytes;
    return Buffer.allocUnsafeSlow(bytes);
  }
}
