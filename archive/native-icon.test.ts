/** Icons in a compressed transfer syntax, of instances that leave it: as DCMTK has them, or gone. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '#dicom/data/dataset.ts';
import { type Uid, uid } from '#dicom/data/uid.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { elementHeader } from '#dicom/file/element-header.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { secondaryCapture } from '#tests/dataset-bytes.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { isInstalled } from '#tests/installed.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openDestination } from './scp/test-destination.ts';
import {
  explicitLE,
  identifier,
  implicitLE,
  models,
  retrieve,
  type RetrievalArchive,
  startRetrievalArchive,
} from './scp/test-retrieval.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('dcmdrle');
const rle = transferSyntaxes.get('1.2.840.10008.1.2.5')!;
const jpegLS = transferSyntaxes.get('1.2.840.10008.1.2.4.80')!;
const pixelData = 0x7fe00010;
const iconImageSequence = 0x00880200;

/** @param side  an odd one makes an odd number of bytes */
function picture(side: number, step: number): DecodedFrame {
  const bytes = Buffer.from(Array.from({ length: side * side }, (_, at) => (at * step) & 0xff));
  return { ...plainImage({ rows: side, columns: side }, { bitsStored: 8 }), bytes };
}

function withPixels(dataset: Dataset, fragment: Buffer | undefined, native?: Buffer): Dataset {
  const rest = { tag: pixelData, vr: 'OB', items: undefined };
  const element = fragment
    ? { ...rest, bytes: undefined, fragments: [Buffer.alloc(0), fragment], length: -1 }
    : { ...rest, bytes: native, length: native?.length ?? 0 };
  return { ...dataset, elements: new Map(dataset.elements).set(pixelData, element) };
}

const described = ({ rows, columns }: DecodedFrame) => ({
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  Rows: rows,
  Columns: columns,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
});
const icon = picture(15, 3);
const image = picture(32, 7);

interface Wanted {
  readonly syntax: typeof rle;
  readonly study: string;
  readonly iconItem: Dataset;
  /** The sequence and its item end by delimiters. */
  readonly undefinedLength?: boolean;
}

async function instanceOf({ syntax, study, iconItem, undefinedLength = false }: Wanted): Promise<Buffer> {
  const dataset = datasetOf({
    SOPClassUID: secondaryCapture,
    SOPInstanceUID: `${study}.1.1`,
    Modality: 'OT',
    PatientID: 'P1',
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.1`,
    ...described(image),
    IconImageSequence: [iconItem],
    // Behind the icon, and before the pixels.
    PresentationLUTShape: 'IDENTITY',
  });
  const whole = withPixels(dataset, (await syntax.encodeFrame!(image)).bytes);
  const bytes = serializeDataset(whole, { explicitVR: true, bigEndian: false });
  if (!undefinedLength) return bytes;
  const header = elementHeader(iconImageSequence, 'SQ', 0).subarray(0, 8);
  const at = bytes.indexOf(header);
  const length = bytes.readUInt32LE(at + 8);
  return Buffer.concat([
    bytes.subarray(0, at),
    elementHeader(iconImageSequence, 'SQ', -1),
    Buffer.from('feff00e0ffffffff', 'hex'),
    bytes.subarray(at + 12 + 8, at + 12 + length),
    Buffer.from('feff0de000000000feffdde000000000', 'hex'),
    bytes.subarray(at + 12 + length),
  ]);
}

describe.skipIf(withoutDcmtk)('a compressed icon', () => {
  let archive: RetrievalArchive;
  let directory: string;
  const open = new AsyncDisposableStack();
  beforeAll(async () => {
    archive = open.use(await startRetrievalArchive());
    directory = await mkdtemp(join(tmpdir(), 'lightbox-icon-'));
    open.defer(() => rm(directory, { recursive: true, force: true }));
  });
  afterAll(() => open.disposeAsync());

  async function file(name: string, study: string, syntax: string, dataset: Buffer): Promise<string> {
    const path = join(directory, name);
    const meta = {
      MediaStorageSOPClassUID: uid(secondaryCapture),
      MediaStorageSOPInstanceUID: uid(`${study}.1.1`),
      TransferSyntaxUID: uid(syntax),
    };
    await writeFile(path, Buffer.concat([fileHead(meta), dataset]));
    return path;
  }

  /** What DCMTK reads of a file: the icon with all that is said of it, and Pixel Data. It fails where it cannot read on. */
  async function seen(path: string): Promise<string[]> {
    const { stdout, stderr } = await run('dcmdump', ['-q', '+L', path]);
    expect(stderr).toBe('');
    let tag = '';
    const lines = stdout.split('\n').filter((line) => {
      tag = /^\([0-9a-f]{4},[0-9a-f]{4}\)/.exec(line)?.[0] ?? tag;
      return ['(0088,0200)', '(7fe0,0010)'].includes(tag);
    });
    // Lengths, and delimiters that depend on them, may differ, and bytes may be shown as words.
    return lines
      .filter((line) => line !== '' && !/fffe,e0|fffe,e00d/.test(line))
      .map((line) => line.replace(/ *#.*$/, '').replace(/\(Sequence with .*/, ''))
      .map((line) => line.replace(/^( *\(7fe0,0010\)) O[BW] (.*)/, (_, tag, shown) => `${tag} ${asBytes(shown)}`));
  }
  const asBytes = (shown: string): string =>
    shown.replace(/\b([0-9a-f]{2})([0-9a-f]{2})\b/g, '$2$1').replaceAll('\\', '');

  let devices = 0;
  async function moved(syntax: Uid, study: string): Promise<Buffer> {
    const aeTitle = `ICON${++devices}`;
    await using destination = await openDestination({ aeTitle, takes: (each) => each.uid === syntax });
    await archive.addDevice(aeTitle, destination.port);
    const keys = identifier('STUDY', { study });
    expect(await retrieve(archive.port, { model: models.study.move, keys, destination: aeTitle })).toMatchObject({
      status: 0,
    });
    return destination.received[0]!.dataset;
  }

  async function stored(wanted: Wanted): Promise<Buffer> {
    const dataset = await instanceOf(wanted);
    await archive.store([
      {
        sopClassUID: uid(secondaryCapture),
        sopInstanceUID: uid(`${wanted.study}.1.1`),
        transferSyntaxUID: wanted.syntax.uid,
        dataset,
      },
    ]);
    return dataset;
  }

  const compressed = async (syntax: typeof rle): Promise<Dataset> =>
    withPixels(datasetOf(described(icon)), (await syntax.encodeFrame!(icon)).bytes);

  test.each([
    ['RLE Lossless', rle, 'dcmdrle', false],
    ['RLE Lossless, of undefined length', rle, 'dcmdrle', true],
    ['JPEG-LS', jpegLS, 'dcmdjpls', false],
  ] as const)(
    'in %s becomes native with its image, as DCMTK decodes it',
    async (_, syntax, decoder, undefinedLength) => {
      const study = `1.2.88.${++devices}`;
      const dataset = await stored({ syntax, study, iconItem: await compressed(syntax), undefinedLength });
      const original = await file(`${study}.dcm`, study, syntax.uid, dataset);
      const theirs = join(directory, `${study}-dcmtk.dcm`);
      await run(decoder, [original, theirs]);
      const expected = await seen(theirs);
      expect(expected.filter((line) => line.includes('(7fe0,0010)'))).toHaveLength(2);
      for (const plain of [explicitLE, implicitLE]) {
        const ours = await file(`${study}-${plain}.dcm`, study, plain, await moved(plain, study));
        expect(await seen(ours)).toEqual(expected);
      }
    },
  );

  test('that nobody can decode is left out, and all else arrives', async () => {
    const study = `1.2.88.${++devices}`;
    const broken = withPixels(datasetOf(described(icon)), Buffer.alloc(100, 0xff));
    await stored({ syntax: rle, study, iconItem: broken });
    const path = await file(`${study}.dcm`, study, explicitLE, await moved(explicitLE, study));
    expect((await seen(path)).map((line) => line.slice(0, 11))).toEqual(['(7fe0,0010)']);
    const { stdout } = await run('dcmdump', ['-q', '+P', 'PresentationLUTShape', path]);
    expect(stdout).toContain('[IDENTITY]');
  });

  test('becomes native also where its image only changes the compression', async () => {
    const study = `1.2.88.${++devices}`;
    await stored({ syntax: rle, study, iconItem: await compressed(rle) });
    const path = await file(`${study}.dcm`, study, jpegLS.uid, await moved(jpegLS.uid, study));
    const plain = join(directory, `${study}-plain.dcm`);
    await run('dcmdjpls', [path, plain]);
    const original = await file(
      `${study}-rle.dcm`,
      study,
      rle.uid,
      await instanceOf({ syntax: rle, study, iconItem: await compressed(rle) }),
    );
    const theirs = join(directory, `${study}-dcmtk.dcm`);
    await run('dcmdrle', [original, theirs]);
    const icons = (lines: string[]) => lines.filter((line) => line.startsWith('(0088'));
    expect(icons(await seen(path))).toEqual(icons(await seen(theirs)));
    expect(await seen(plain)).toEqual(await seen(theirs));
  });

  test('that is native already stays as it is, byte by byte', async () => {
    const study = `1.2.88.${++devices}`;
    const iconItem = withPixels(datasetOf(described(picture(16, 5))), undefined, picture(16, 5).bytes);
    const dataset = await stored({ syntax: rle, study, iconItem, undefinedLength: true });
    const from = dataset.indexOf(elementHeader(iconImageSequence, 'SQ', -1));
    const to = dataset.indexOf(Buffer.from('50202000', 'hex'), from);
    expect(from > 0 && to > from).toBe(true);
    expect((await moved(explicitLE, study)).includes(dataset.subarray(from, to))).toBe(true);
  });
});
