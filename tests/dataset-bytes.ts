/** Small data sets as bytes, for tests: Explicit VR Little Endian (PS3.5 A.2), written element by element. */

const longHeaders = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/** One element; text is padded to an even length. @param tag as group × 65536 + element */
export function explicit(tag: number, vr: string, value: string | Buffer, declaredLength?: number): Buffer {
  let bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'utf8');
  if (bytes.length % 2) bytes = Buffer.concat([bytes, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ')]);
  const head = Buffer.alloc(longHeaders.has(vr) ? 12 : 8);
  head.writeUInt16LE(Math.floor(tag / 0x10000), 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (head.length === 12) head.writeUInt32LE(declaredLength ?? bytes.length, 8);
  else head.writeUInt16LE(declaredLength ?? bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

export function us(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export interface SmallInstance {
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
  readonly patientID?: string;
  readonly issuer?: string;
  readonly patientName?: string;
  readonly studyDate?: string;
  readonly modality?: string;
  readonly pixels?: Buffer;
}

export const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** A Secondary Capture of 16 × 16 bytes; an attribute given as '' is left out. */
export function smallInstance(of: SmallInstance = {}): Buffer {
  const text = (tag: number, vr: string, value: string): Buffer =>
    value === '' ? Buffer.alloc(0) : explicit(tag, vr, value);
  return Buffer.concat([
    explicit(0x00080005, 'CS', 'ISO_IR 192'),
    explicit(0x00080016, 'UI', secondaryCapture),
    text(0x00080018, 'UI', of.instance ?? '1.2.3.4.5'),
    text(0x00080020, 'DA', of.studyDate ?? '20240115'),
    explicit(0x00080060, 'CS', of.modality ?? 'OT'),
    text(0x00100010, 'PN', of.patientName ?? 'NGUYỄN^VĂN ANH'),
    text(0x00100020, 'LO', of.patientID ?? 'P1'),
    text(0x00100021, 'LO', of.issuer ?? ''),
    text(0x0020000d, 'UI', of.study ?? '1.2.3'),
    text(0x0020000e, 'UI', of.series ?? '1.2.3.4'),
    explicit(0x00280002, 'US', us(1)),
    explicit(0x00280004, 'CS', 'MONOCHROME2'),
    explicit(0x00280010, 'US', us(16)),
    explicit(0x00280011, 'US', us(16)),
    explicit(0x00280100, 'US', us(8)),
    explicit(0x7fe00010, 'OB', of.pixels ?? Buffer.alloc(256, 7)),
  ]);
}
