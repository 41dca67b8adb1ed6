import { expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { explicit, us } from '#tests/dataset-bytes.ts';
import { Splicer } from './splice.ts';

const studyDate = explicit(0x00080020, 'DA', '20240115');
const photometric = explicit(0x00280004, 'CS', 'YBR_FULL_422');
const rows = explicit(0x00280010, 'US', us(16));
const sequence = explicit(0x00081140, 'SQ', Buffer.concat([Buffer.from('feff00e0', 'hex'), u32(rows.length), rows]));
const binary = explicit(0x7fe00001, 'OV', Buffer.alloc(3000, 9));
const dataset = Buffer.concat([studyDate, sequence, photometric, rows, binary]);

const changes = new Map([
  [0x00280004, { vr: 'CS', bytes: Buffer.from('RGB ') }],
  [0x00280006, { vr: 'US', bytes: us(0) }],
  [0x00282110, { vr: 'CS', bytes: Buffer.from('01') }],
  [0x7fe00001, undefined],
]);

test('elements are replaced, added in their place and left out; every other byte stays, however they come', () => {
  const expected = Buffer.concat([
    studyDate,
    // The same tag inside a sequence is another attribute.
    sequence,
    explicit(0x00280004, 'CS', 'RGB '),
    explicit(0x00280006, 'US', us(0)),
    rows,
    explicit(0x00282110, 'CS', '01'),
  ]);
  for (const pieceBytes of [1, 2, 3, 7, 11, 100, 5000]) {
    const splicer = new Splicer(changes, limits.dataset);
    const out: Buffer[] = [];
    for (let at = 0; at < dataset.length; at += pieceBytes)
      out.push(...splicer.write(dataset.subarray(at, at + pieceBytes)).map((each) => Buffer.from(each)));
    out.push(splicer.end());
    expect(Buffer.concat(out).equals(expected), `${pieceBytes} bytes at once`).toBe(true);
  }
});

test('what belongs behind everything else comes at the end', () => {
  const splicer = new Splicer(changes, limits.dataset);
  const out = [...splicer.write(studyDate), splicer.end()];
  expect(Buffer.concat(out).subarray(studyDate.length).toString('latin1')).toContain('RGB');
});

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
