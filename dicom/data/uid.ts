/**
 * Unique identifiers (PS3.5 Section 9.1 and the UI value representation of Table 6.2-1).
 * A `Uid` is a string that has passed one of the checks here; everything that names an instance carries the type.
 */
declare const uidBrand: unique symbol;
export type Uid = string & { readonly [uidBrand]: true };

/** At most 64 characters, digits in components separated by dots (PS3.5 Section 9.1); leading zeros are tolerated, as many devices write them. */
const conformant = /^[0-9]+(?:\.[0-9]+)*$/;

/** The longest UID of Section 9.1. */
const uidLengthLimit = 64;

/** Names a UID that stands in our own source. */
export function uid(value: string): Uid {
  if (!isUid(value)) throw new TypeError(`${JSON.stringify(value)} is not a UID`);
  return value;
}

/** A new one, of the 122 random bits of a UUID (PS3.5 Section B.2). */
export function newUid(): Uid {
  return uid(`2.25.${BigInt(`0x${crypto.randomUUID().replaceAll('-', '')}`)}`);
}

/** Whether it can name an instance (PS3.5 Section 9.1), with the leniency above; padding is taken off before. */
export function isUid(value: string): value is Uid {
  return value.length <= uidLengthLimit && conformant.test(value);
}
