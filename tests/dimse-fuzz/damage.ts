/** Damages what a requestor sends, PDU by PDU, message by message and byte by byte; the same random numbers, the same damage. */

export interface FuzzOptions {
  readonly seed: string;
  /** How often something is damaged and sent. */
  readonly inputs: number;
  readonly onProgress?: (done: number) => void;
}

type Random = () => number;
type Damage = (pdus: Buffer[], others: readonly Buffer[], random: Random) => Buffer[];

const oneOf = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;
const below = (most: number, random: Random): number => Math.floor(random() * most);
const extremes = [
  0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];
/** Items of an A-ASSOCIATE-RQ and user information sub-items (PS3.8 9.3.2, PS3.7 D.3.3). */
const itemTypes = [0x10, 0x20, 0x30, 0x40, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59];
/** Command fields (PS3.7 E.1), responses and nonsense too. */
const commands = [
  0x1, 0x10, 0x20, 0x21, 0x30, 0x100, 0x110, 0x120, 0x130, 0x140, 0x150, 0xfff, 0x8001, 0x8021, 0x8130, 0xffff,
];

/** Statuses (PS3.7 Annex C) that lead elsewhere, and small Message IDs. */
const statuses = [0, 1, 2, 3, 0xff00, 0xff01, 0xfe00, 0xb000, 0xa700, 0xa900, 0xc000, 0x0110, 0x0122, 0x0211, 0xffff];

/** PDUs of a recording; what is not whole at its end is one, too. */
export function pdusOf(recording: Buffer): Buffer[] {
  const pdus: Buffer[] = [];
  let at = 0;
  while (at < recording.length) {
    const end = at + 6 <= recording.length ? at + 6 + recording.readUInt32BE(at + 2) : recording.length;
    pdus.push(recording.subarray(at, Math.min(end, recording.length)));
    at = end;
  }
  return pdus;
}

/** In one PDU of them, which is copied first. */
const inOne =
  (damage: (pdu: Buffer, random: Random) => Buffer): Damage =>
  (pdus, _, random) => {
    const at = below(pdus.length, random);
    return pdus.map((pdu, index) => (index === at ? damage(Buffer.from(pdu), random) : pdu));
  };

/** After a damage within a PDU, its length fits again, so that what lies deeper is reached. */
function fitting(pdu: Buffer): Buffer {
  if (pdu.length >= 6) pdu.writeUInt32BE(pdu.length - 6, 2);
  return pdu;
}

const damages: readonly Damage[] = [
  inOne(function bits(pdu, random) {
    for (let left = 1 + below(8, random); left > 0; left--) {
      const at = below(pdu.length, random);
      pdu[at] = (pdu[at] as number) ^ (1 << below(8, random));
    }
    return pdu;
  }),
  inOne(function anyType(pdu, random) {
    pdu[0] = random() < 0.7 ? below(9, random) : below(256, random);
    return pdu;
  }),
  inOne(function pduLength(pdu, random) {
    if (pdu.length >= 6) pdu.writeUInt32BE(oneOf(extremes, random) >>> 0, 2);
    return pdu;
  }),
  inOne(function itemLength(pdu, random) {
    const types = new Set(itemTypes);
    const places = [...pdu.keys()].filter((at) => at > 5 && at + 4 < pdu.length && types.has(pdu[at] as number));
    if (places.length > 0) pdu.writeUInt16BE(oneOf(extremes, random) & 0xffff, oneOf(places, random) + 2);
    return pdu;
  }),
  inOne(function dataValueHeader(pdu, random) {
    // P-DATA-TF: length of the value, context ID, message control header (PS3.8 9.3.5).
    if (pdu[0] !== 4 || pdu.length < 12) return pdu;
    const which = below(3, random);
    if (which === 0) pdu.writeUInt32BE(oneOf(extremes, random) >>> 0, 6);
    else if (which === 1) pdu[10] = below(256, random);
    else pdu[11] = below(256, random);
    return pdu;
  }),
  inOne(function commandField(pdu, random) {
    const at = pdu.indexOf('0000000102000000', 0, 'hex');
    if (at >= 0 && at + 10 <= pdu.length) pdu.writeUInt16LE(oneOf(commands, random), at + 8);
    return pdu;
  }),
  inOne(function commandNumber(pdu, random) {
    // Message ID, Message ID Being Responded To and Status: (0000,0110), (0000,0120), (0000,0900), each US (PS3.7 E.1).
    const at = pdu.indexOf(oneOf(['0000100102000000', '0000200102000000', '0000000902000000'], random), 0, 'hex');
    if (at >= 0 && at + 10 <= pdu.length)
      pdu.writeUInt16LE(random() < 0.5 ? oneOf(statuses, random) : below(0x10000, random), at + 8);
    return pdu;
  }),
  inOne(function elementLength(pdu, random) {
    const at = 12 + 4 * below(Math.max(1, pdu.length / 4), random);
    if (at + 4 <= pdu.length) pdu.writeUInt32LE(oneOf(extremes, random) >>> 0, at);
    return pdu;
  }),
  inOne(function noise(pdu, random) {
    const from = below(pdu.length, random);
    for (let at = from; at < Math.min(pdu.length, from + 64); at++) pdu[at] = below(256, random);
    return pdu;
  }),
  inOne(function shortened(pdu, random) {
    return fitting(Buffer.from(pdu.subarray(0, below(pdu.length, random))));
  }),
  inOne(function lengthened(pdu, random) {
    const at = below(pdu.length, random);
    const piece = Buffer.alloc(1 + below(300, random), below(256, random));
    return fitting(Buffer.concat([pdu.subarray(0, at), piece, pdu.subarray(at)]));
  }),
  function lost(pdus, _, random) {
    const at = below(pdus.length, random);
    return pdus.filter((_pdu, index) => index !== at);
  },
  function twice(pdus, _, random) {
    const at = below(pdus.length, random);
    const times = random() < 0.9 ? 2 : 50;
    return pdus.flatMap((pdu, index) => (index === at ? Array.from({ length: times }, () => pdu) : [pdu]));
  },
  function swapped(pdus, _, random) {
    const [from, to] = [below(pdus.length, random), below(pdus.length, random)];
    return pdus.map((pdu, index) => (index === from ? pdus[to] : index === to ? pdus[from] : pdu) as Buffer);
  },
  function ofAnother(pdus, others, random) {
    const at = below(pdus.length + 1, random);
    return [...pdus.slice(0, at), oneOf(others, random), ...pdus.slice(at)];
  },
  function cutOff(pdus, _, random) {
    const whole = Buffer.concat(pdus);
    return [whole.subarray(0, below(whole.length, random))];
  },
  function abort(pdus, _, random) {
    const at = below(pdus.length + 1, random);
    return [...pdus.slice(0, at), Buffer.from([7, 0, 0, 0, 0, 4, 0, 0, below(4, random), below(8, random)])];
  },
];

/** @param recordings all of them: pieces of others may be in it @returns what to send, in pieces as they leave */
export function damaged(recordings: readonly (readonly Buffer[])[], random: Random): Buffer[] {
  let pdus = [...oneOf(recordings, random)];
  const others = oneOf(recordings, random);
  for (let left = 1 + below(3, random); left > 0 && pdus.length > 0; left--)
    pdus = oneOf(damages, random)(pdus, others, random).filter(({ length }) => length > 0);
  const bytes = Buffer.concat(pdus);
  if (random() < 0.7) return [bytes];
  const cuts = Array.from({ length: 1 + below(4, random) }, () => below(bytes.length + 1, random)).sort(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
}
