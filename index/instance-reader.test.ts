import { describe, expect, test } from 'vitest';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { decodeFrameTable, frameRanges } from '#dicom/pixels/frame-table.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { InstanceReader } from '#index/instance-reader.ts';
import type { ReadInstance } from '#index/instance-reader.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';

async function read(
  path: string,
  size = 65_536,
): Promise<{ read: ReadInstance; syntax: TransferSyntax; dataset: Buffer }> {
  const file = await openPart10(inPieces(corpusFile(path), size));
  const syntax = transferSyntaxes.get(file.transferSyntaxUID);
  if (!syntax) throw new Error(`${path}: ${file.transferSyntaxUID}`);
  const reader = new InstanceReader(syntax, limits.dataset);
  const pieces: Uint8Array[] = [];
  for await (const piece of file.dataset) {
    pieces.push(piece);
    await reader.write(piece);
  }
  return { read: await reader.end(), syntax, dataset: Buffer.concat(pieces) };
}

describe.skipIf(!hasCorpus)('reading real files for the index', () => {
  const files = hasCorpus ? manifest().filter(({ path = '' }) => !/^(broken|worklist)\/|DICOMDIR/.test(path)) : [];

  test('finds in every file the UIDs and the size that other toolkits find', async () => {
    expect(files.length).toBeGreaterThan(300);
    for (const row of files) {
      const { values } = (await read(row['path'] as string)).read;
      const found = [0x00080018, 0x0020000e, 0x0020000d].map((tag) => values.get(tag) ?? '');
      expect(found, row['path']).toEqual([
        row['sop_instance_uid'],
        row['series_instance_uid'],
        row['study_instance_uid'],
      ]);
      if (row['rows']) expect(values.get(0x00280010), row['path']).toBe(row['rows']);
    }
  }, 60_000);

  test('finds native pixels where the file ends with them', async () => {
    const { read: found, dataset } = await read('series/ct-chest-siemens/' + seriesFile());
    expect(found.pixels).toEqual({ offset: dataset.length - 512 * 512 * 2, length: 512 * 512 * 2 });
  });

  test('finds each frame of encapsulated pixels behind its item header', async () => {
    for (const row of files.filter(
      ({ path = '' }) => path.startsWith('syntax/jpeg') || path.startsWith('syntax/rle'),
    )) {
      const { read: found, dataset } = await read(row['path'] as string);
      if (!found.frames) continue;
      const table = decodeFrameTable(found.frames);
      for (let frame = 0; frame < Number(row['frames'] || 1); frame++) {
        const ranges = frameRanges(table, frame);
        expect(ranges.length, `${row['path']} frame ${frame + 1}`).toBeGreaterThan(0);
        for (const { offset, length } of ranges) {
          expect(dataset.subarray(offset - 8, offset - 4).toString('hex'), row['path']).toBe('feff00e0');
          expect(dataset.readUInt32LE(offset - 4)).toBe(length);
        }
        const first = dataset.subarray(ranges[0]!.offset, ranges[0]!.offset + 2).toString('hex');
        // A JPEG stream begins with SOI; an RLE frame with its number of segments.
        if (row['path']!.startsWith('syntax/jpeg-') && !row['path']!.includes('2000'))
          expect(first, row['path']).toBe('ffd8');
      }
    }
  });

  function seriesFile(): string {
    return (files.find(({ path = '' }) => path.startsWith('series/ct-chest-siemens/'))?.['path'] ?? '')
      .split('/')
      .at(-1) as string;
  }
});
