/** Writes multipart/related answers (PS3.18 Section 8.6.1, RFC 2387). */
import { hash, randomBytes } from 'node:crypto';

export interface Multipart {
  /** For the answer's own header. */
  readonly contentType: string;
  /** What stands before a part's bytes. `Content-Type` is spelled so: Cornerstone's loader reads no other spelling. */
  head(partType: string, location?: string): Buffer;
  /** What stands behind the last part. */
  readonly tail: Buffer;
}

/**
 * @param type  the media type of the parts
 * @param of    what the answer depends on, digests of its content among it: the same answer then has the same boundary,
 *              as a strong ETag asks. Content that holds a boundary made of its own digest cannot be found. Without it
 *              the boundary is random.
 */
export function multipart(type: string, of?: string): Multipart {
  const mark = of === undefined ? randomBytes(24).toString('hex') : hash('sha256', of);
  const boundary = `lightbox-${mark.slice(0, 48)}`;
  let first = true;
  return {
    contentType: `multipart/related; type="${type}"; boundary=${boundary}`,
    head(partType, location) {
      const before = first ? '' : '\r\n';
      first = false;
      return Buffer.from(
        `${before}--${boundary}\r\nContent-Type: ${partType}\r\n${location ? `Content-Location: ${location}\r\n` : ''}\r\n`,
      );
    },
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}
