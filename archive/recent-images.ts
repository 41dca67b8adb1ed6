/**
 * What pictures are made from, remembered: who pages through the frames of an object, or moves its window, asks for one
 * picture after the other, and its head may be as long as hundreds of them.
 */
import { openStoredImage } from '#derive/stored-image.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import { limits } from '#settings/limits.ts';
import { pixelBytesOf } from './retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';

interface Remembered {
  readonly image: Promise<StoredImage>;
  readonly until: number;
  /** 0 while it is being read. */
  heldBytes: number;
}

export class RecentImages {
  /** By the object's key, which never has other bytes: a healed or moved instance has another. The last asked for at the end. */
  readonly #images = new Map<string, Remembered>();
  #heldBytes = 0;

  /** @throws CannotDecode, BadPixelData, BadDataset, StorageFailed; none of them is remembered */
  open(instance: RetrievedInstance, parts: Pick<RetrieveParts, 'storage' | 'pixels'>): Promise<StoredImage> {
    const { row, syntax } = instance;
    const known = this.#images.get(row.key);
    // Not for ever: a file may have been put back from a backup by hand.
    if (known && known.until > performance.now()) {
      this.#images.delete(row.key);
      this.#images.set(row.key, known);
      return known.image;
    }
    this.#forget(row.key);
    const image = openStoredImage(row, syntax, pixelBytesOf(instance, parts));
    const remembered = { image, until: performance.now() + limits.pixels.headsRememberedMs, heldBytes: 0 };
    this.#images.set(row.key, remembered);
    image.then(
      ({ heldBytes }) => {
        if (this.#images.get(row.key) !== remembered) return;
        remembered.heldBytes = heldBytes;
        this.#heldBytes += heldBytes;
        this.#makeRoom();
      },
      () => {
        if (this.#images.get(row.key) === remembered) this.#forget(row.key);
      },
    );
    return image;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What was asked for longest ago goes first, and what is too old goes while somebody comes. */
  #makeRoom(): void {
    const now = performance.now();
    for (const [key, { until }] of this.#images) {
      if (this.#heldBytes <= limits.pixels.headsRememberedBytes && until > now) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#heldBytes -= this.#images.get(key)?.heldBytes ?? 0;
    this.#images.delete(key);
  }
}
