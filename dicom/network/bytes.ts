/** Reading and writing the items of A-ASSOCIATE PDUs: type, reserved byte, 2-byte length, content (PS3.8 9.3.1). */
import { withoutPadding } from '../data/padding.ts';
import { BadPdu } from './pdu.ts';

/** Reads big-endian fields and never past its end. @throws BadPdu */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(length: number): Buffer {
    if (length > this.left)
      throw new BadPdu(
        'invalid PDU parameter value',
        `${this.#what} ends early: ${length} bytes needed, ${this.left} left`,
      );
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  skip(length: number): void {
    this.bytes(length);
  }

  u8(): number {
    return this.bytes(1).readUInt8(0);
  }

  u16(): number {
    return this.bytes(2).readUInt16BE(0);
  }

  u32(): number {
    return this.bytes(4).readUInt32BE(0);
  }

  /** All that is left, as text: ISO 646 (PS3.8 Annex F), of which Latin-1 keeps every byte. */
  text(): string {
    return this.bytes(this.left).toString('latin1');
  }

  /** All that is left, as a UID: some devices pad it with NUL or a space, as in a data set. */
  uid(): string {
    return withoutPadding(this.text());
  }

  /** Bytes behind a 2-byte length. */
  counted(): Buffer {
    return this.bytes(this.u16());
  }

  countedUid(): string {
    return new ByteReader(this.counted(), this.#what).uid();
  }

  /** The items from here to the end. */
  *items(): Generator<{ type: number; content: ByteReader }> {
    while (this.left > 0) {
      const type = this.u8();
      this.skip(1);
      yield { type, content: new ByteReader(this.counted(), `item ${type.toString(16).toUpperCase()}H`) };
    }
  }
}

/** An item of a PDU (PS3.8 9.3): type, a reserved byte, length in 16 bits, content. @throws RangeError above 65,535 bytes of content */
export function item(type: number, content: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(
    content.reduce((sum, part) => sum + part.length, 0),
    2,
  );
  return Buffer.concat([header, ...content]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One byte a character: UIDs and AE titles are ISO 646 (PS3.8 9.3.2, Annex F), and what is not goes back as it came. */
export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

/** Bytes behind their number in 16 bits, as sub-items hold them (PS3.7 D.3.3). @throws RangeError above 65,535 bytes */
export function counted(bytes: Buffer): Buffer {
  return Buffer.concat([u16(bytes.length), bytes]);
}
