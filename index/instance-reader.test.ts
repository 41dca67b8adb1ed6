import { describe, expect, test } from 'vitest';
import { encodeText } from '#dicom/data/character-sets.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { decodeFrameTable, frameRanges } from '#dicom/pixels/frame-table.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { explicit } from '#tests/dataset-bytes.ts';
import { InstanceReader } from './instance-reader.ts';
import type { ReadInstance } from './instance-reader.ts';

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

async function readBytes(...elements: readonly Buffer[]): Promise<ReadInstance> {
  const reader = new InstanceReader(explicitLittleEndian, limits.dataset);
  await reader.write(Buffer.concat(elements));
  return reader.end();
}

describe('reading text', () => {
  const scheduledStep = 0x00400009;
  const requestAttributes = 0x00400275;
  const characterSet = (term: string): Buffer => explicit(0x00080005, 'CS', term);
  const item = (content: Buffer): Buffer => {
    const head = Buffer.from('feff00e000000000', 'hex');
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content]);
  };

  test('an item is read in its own character set, and the data set around it in its own', async () => {
    const greek = encodeText('Ελένη', ['ISO_IR 126']) as Buffer;
    const { values, items } = await readBytes(
      characterSet('ISO_IR 100'),
      explicit(0x00100010, 'PN', encodeText('Jérôme', ['ISO_IR 100']) as Buffer),
      explicit(
        requestAttributes,
        'SQ',
        item(Buffer.concat([characterSet('ISO_IR 126'), explicit(scheduledStep, 'SH', greek)])),
      ),
    );
    expect(values.get(0x00100010)).toBe('Jérôme');
    expect(items.get(requestAttributes)).toEqual([new Map([[scheduledStep, 'Ελένη']])]);
  });

  test('an item without a character set is read in that of the data set around it', async () => {
    const { items } = await readBytes(
      characterSet('ISO_IR 126'),
      explicit(
        requestAttributes,
        'SQ',
        item(explicit(scheduledStep, 'SH', encodeText('Ελένη', ['ISO_IR 126']) as Buffer)),
      ),
    );
    expect(items.get(requestAttributes)).toEqual([new Map([[scheduledStep, 'Ελένη']])]);
  });

  test('of a sequence every item is kept that says something, and what it does not say is not taken from another', async () => {
    const requestedProcedure = 0x00401001;
    const { items, values } = await readBytes(
      explicit(
        requestAttributes,
        'SQ',
        Buffer.concat([
          item(explicit(scheduledStep, 'SH', 'S-1')),
          item(explicit(scheduledStep, 'SH', '  ')),
          item(explicit(0x00400007, 'LO', 'thorax')),
          item(Buffer.concat([explicit(scheduledStep, 'SH', 'S-2'), explicit(requestedProcedure, 'SH', 'R-2')])),
        ]),
      ),
      explicit(0x00400280, 'ST', 'behind it'),
    );
    expect(items.get(requestAttributes)).toEqual([
      new Map([[scheduledStep, 'S-1']]),
      new Map([
        [scheduledStep, 'S-2'],
        [requestedProcedure, 'R-2'],
      ]),
    ]);
    expect([...values.keys()]).toEqual([]);
  });

  test('of a sequence without end a limited number of items is kept', async () => {
    const many = Buffer.concat(Array.from({ length: 1_000 }, (_, at) => item(explicit(scheduledStep, 'SH', `S${at}`))));
    const { items } = await readBytes(explicit(requestAttributes, 'SQ', many));
    expect(items.get(requestAttributes)).toHaveLength(limits.dataset.indexedItems);
  });

  test('a wrongly labelled name is read as what it is, and said to be so', async () => {
    const name = explicit(0x00100010, 'PN', Buffer.from('NguyÔn^V¨n An', 'latin1'));
    const { values, isMislabelled } = await readBytes(characterSet('ISO_IR 100'), name);
    expect(values.get(0x00100010)).toBe('Nguyễn^Văn An');
    expect(isMislabelled).toBe(true);
    expect((await readBytes(characterSet('ISO_IR 100'), explicit(0x00100010, 'PN', 'A^B'))).isMislabelled).toBe(false);
  });

  test('a number under UN is read by the VR of the dictionary', async () => {
    const { values } = await readBytes(explicit(0x00280010, 'UN', Buffer.from([0x00, 0x02])));
    expect(values.get(0x00280010)).toBe('512');
  });
});

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
  });

  test('finds in every file the texts that another toolkit finds, whatever its character set and encoding', async () => {
    const [head = '', ...lines] = corpusFile('ATTRS.tsv').toString('utf8').split('\n').filter(Boolean);
    const names = head.split('\t');
    const wrong: string[] = [];
    let compared = 0;
    for (const row of lines.map((line) => Object.fromEntries(line.split('\t').map((v, at) => [names[at] ?? '', v])))) {
      const path = row['path'] as string;
      const isReference =
        /^ok|^value from/.test(row['pydicom_status'] ?? '') && !row['PatientName']?.includes('\ufffd');
      if (!isReference || !files.some((file) => file['path'] === path)) continue;
      const { values } = (await read(path)).read;
      compared++;
      for (const keyword of [
        'PatientName',
        'PatientID',
        'StudyDate',
        'Modality',
        'AccessionNumber',
        'StudyDescription',
      ]) {
        const [found, expected] = [values.get(tagOf(keyword)) ?? '', row[keyword] ?? ''].map(withoutPadding);
        if (found !== expected) wrong.push(`${path} ${keyword}: ${found}, not ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(300);
  });

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
      // Told apart by the fragments' content, when they are read.
      if (table.fragmentsPerFrame === 'unknown') continue;
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

/** Padding and trailing delimiters carry no meaning (PS3.5 6.2.1), nor does the Unicode form. */
function withoutPadding(text: string): string {
  const values = text.normalize('NFC').split('\\');
  return values
    .map((value) =>
      value
        .split('=')
        .map((group) => group.replace(/[\^ ]+$/, '').trim())
        .join('=')
        .replace(/=+$/, ''),
    )
    .join('\\');
}
