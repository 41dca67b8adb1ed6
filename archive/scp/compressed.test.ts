/** Instances for peers that take them in some compressed syntax only: what arrives, and that DCMTK reads the same of it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sopClassName } from '#dicom/data/sop-class.ts';
import { numberValues, textValue } from '#dicom/data/dataset.ts';
import { uid, type Uid } from '#dicom/data/uid.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { losslessEncodings } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { corpusFile, hasCorpus, inPieces, manifest } from '#tests/corpus.ts';
import { untilListening } from '#tests/dcmqrscp.ts';
import { explicit, secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { freePort } from '#tests/free-port.ts';
import { isInstalled } from '#tests/installed.ts';
import { openStoredFile, type StoredFile } from '#tests/stored-file.ts';
import { openDestination, type Received } from './test-destination.ts';
import {
  explicitLE,
  identifier,
  models,
  retrieve,
  startRetrievalArchive,
  type RetrievalArchive,
  type Retrieved,
  type StoredInstance,
} from './test-retrieval.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('dcmdrle');

/** One of each kind of pixels, frames and encodings. */
const images = {
  implicit: 'modality/mr/0.dcm',
  bigEndian: 'syntax/explicit-be/MR_small_bigendian.dcm',
  bigEndianColour: 'syntax/explicit-be/SC_rgb_expb_16bit.dcm',
  deflated: 'syntax/deflated/CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm',
  twelveBits: 'multiframe/6_2.dcm',
  tiles: 'modality/sm/sm_image_grayscale.dcm',
  jpeg2000: 'syntax/jpeg-2000/VL1_J2KR',
  jpegLS: 'syntax/jpeg-ls/CT0012.fragmented_no_bot_jpeg_ls.80.dcm',
  lossy: 'syntax/jpeg-extended-12bit/MR1_JPLY',
  palette: 'syntax/rle/OBXXXX1A_rle.dcm',
  /** Its Pixel Data has an odd length, and a byte behind it makes the data set even on its way in. */
  odd: 'modality/dx/dx_image.dcm',
};
const singleBits = 'modality/seg/liver_1frame.dcm';
const document = 'modality/sr/sample-sr.dcm';

const syntaxOf = (suffix: string): TransferSyntax =>
  losslessEncodings.find((each) => each.uid === `1.2.840.10008.1.2${suffix}`)!;
const rle = syntaxOf('.5');
const jpegLS = syntaxOf('.4.80');
const jpeg2000 = syntaxOf('.4.90');
const highThroughput = syntaxOf('.4.201');

const tags = {
  SOPInstanceUID: 0x00080018,
  LossyImageCompression: 0x00282110,
  PhotometricInterpretation: 0x00280004,
  PlanarConfiguration: 0x00280006,
};

let archive: RetrievalArchive;
let directory: string;
const stored = new Map<string, StoredInstance & { study: string }>();

describe.skipIf(!hasCorpus)('a peer that takes one compressed syntax only', () => {
  beforeAll(async () => {
    archive = await startRetrievalArchive();
    directory = await mkdtemp(join(tmpdir(), 'lightbox-compressed-'));
    for (const path of [...Object.values(images), singleBits, document]) {
      const row = manifest().find((each) => each['path'] === path)!;
      const { transferSyntaxUID, dataset } = await openPart10(inPieces(corpusFile(path), 1 << 20));
      const pieces: Uint8Array[] = [];
      for await (const piece of dataset) pieces.push(Buffer.from(piece));
      const instance = {
        sopClassUID: uid(row['sop_class']!),
        sopInstanceUID: uid(row['sop_instance_uid']!),
        transferSyntaxUID: uid(transferSyntaxUID),
        dataset: Buffer.concat(pieces),
      };
      await archive.store([instance]);
      stored.set(path, { ...instance, study: row['study_instance_uid']! });
    }
  });
  afterAll(async () => {
    await archive[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const keysOf = (paths: readonly string[]): Buffer =>
    identifier('STUDY', { study: paths.map((path) => stored.get(path)!.study).join('\\') });
  const all = [...Object.values(images), singleBits, document];

  let devices = 0;
  /** C-MOVE to a destination of its own, which takes one syntax. */
  async function moved(syntaxUID: string, paths: readonly string[]): Promise<Retrieved & { received: Received[] }> {
    const aeTitle = `ONLY${++devices}`;
    await using destination = await openDestination({ aeTitle, takes: (each) => each.uid === syntaxUID });
    await archive.addDevice(aeTitle, destination.port);
    const keys = keysOf(paths);
    const answer = await retrieve(archive.port, { model: models.study.move, keys, destination: aeTitle });
    return { ...answer, received: destination.received };
  }

  const uidOf = (path: string): Uid => stored.get(path)!.sopInstanceUID;
  const asFile = (path: string, { transferSyntaxUID, dataset }: Received): Buffer =>
    Buffer.concat([
      fileHead({
        MediaStorageSOPClassUID: stored.get(path)!.sopClassUID,
        MediaStorageSOPInstanceUID: uidOf(path),
        TransferSyntaxUID: uid(transferSyntaxUID),
      }),
      dataset,
    ]);
  const opened = async (file: Buffer): Promise<StoredFile> => (await openStoredFile(file))!;

  /** Every frame, decoded, one after the other. */
  async function samples({ frames, image, syntax }: StoredFile): Promise<Buffer> {
    const count = await frames.numberOfFrames();
    const decoded: Buffer[] = [];
    for (let frame = 0; frame < count; frame++)
      decoded.push((await syntax.decodeFrame!(await frames.read(frame), image)).bytes);
    return Buffer.concat(decoded);
  }

  /** What is wanted of each image: its samples in Explicit VR Little Endian. */
  const plain = new Map<string, Buffer>();
  beforeAll(async () => {
    const { received } = await moved(explicitLE, Object.values(images));
    for (const path of Object.values(images)) {
      const one = received.find(({ sopInstanceUID }) => sopInstanceUID === uidOf(path))!;
      plain.set(path, await samples(await opened(asFile(path, one))));
    }
  });

  const refused: Record<string, readonly string[]> = {
    [rle.uid]: [],
    [jpegLS.uid]: [],
    [jpeg2000.uid]: [images.bigEndianColour],
    [highThroughput.uid]: [images.bigEndianColour],
  };

  test.each(losslessEncodings.map(({ name, uid: syntaxUID }) => [name, syntaxUID] as const))(
    'has every instance moved to it in %s, and what that cannot hold said to have failed',
    async (_name, syntaxUID) => {
      const cannot = [...(refused[syntaxUID] ?? []), singleBits];
      const { received, status, failedUIDs } = await moved(syntaxUID, all);
      expect(status).toBe(0xb000);
      expect(failedUIDs.sort()).toEqual(cannot.map(uidOf).sort());
      expect(received.length).toBe(all.length - cannot.length);
      for (const path of all.filter((each) => !cannot.includes(each))) {
        const one = received.find(({ sopInstanceUID }) => sopInstanceUID === uidOf(path))!;
        expect(one.transferSyntaxUID, path).toBe(syntaxUID);
        if (path === document) {
          expect(one.dataset.equals(stored.get(path)!.dataset)).toBe(true);
          continue;
        }
        const file = await opened(asFile(path, one));
        expect((await samples(file)).equals(plain.get(path)!), path).toBe(true);
        expect(textValue(file.whole, tags.SOPInstanceUID), path).toBe(uidOf(path));
      }
    },
  );

  const arrived = async (syntax: TransferSyntax, path: string): Promise<Received> =>
    (await moved(syntax.uid, [path])).received.find(({ sopInstanceUID }) => sopInstanceUID === uidOf(path))!;
  const lookAt = async (syntax: TransferSyntax, path: string): Promise<StoredFile> =>
    opened(asFile(path, await arrived(syntax, path)));

  test('is told how colours stand in the stream', async () => {
    for (const [syntax, photometric, planar] of [
      [rle, 'RGB', 1],
      [jpegLS, 'RGB', 0],
      [highThroughput, 'YBR_RCT', 0],
    ] as const) {
      const { dataset } = await lookAt(syntax, images.jpeg2000);
      expect(textValue(dataset, tags.PhotometricInterpretation), syntax.name).toBe(photometric);
      expect(numberValues(dataset, tags.PlanarConfiguration), syntax.name).toEqual([planar]);
    }
  });

  test('is told that pixels were lossy once, and not where they never were', async () => {
    expect(textValue((await lookAt(jpegLS, images.lossy)).dataset, tags.LossyImageCompression)).toBe('01');
    const { dataset } = await lookAt(jpegLS, images.implicit);
    expect(dataset.elements.get(tags.LossyImageCompression)?.bytes?.toString()).not.toBe('01');
  });

  test('has an empty Basic Offset Table, one fragment for each frame, and a delimiter (PS3.5 A.4)', async () => {
    const { dataset } = await arrived(jpegLS, images.twelveBits);
    let at = dataset.indexOf(Buffer.from('e07f10004f420000ffffffff', 'hex')) + 12;
    expect(dataset.toString('hex', at, at + 8)).toBe('feff00e000000000');
    at += 8;
    let fragments = 0;
    while (dataset.toString('hex', at, at + 4) === 'feff00e0') {
      const length = dataset.readUInt32LE(at + 4);
      expect(length % 2).toBe(0);
      at += 8 + length;
      fragments++;
    }
    expect(fragments).toBe(6);
    expect(dataset.toString('hex', at, at + 8)).toBe('feffdde000000000');
  });

  test('hears why nothing came', async () => {
    const { status, errorComment } = await moved(jpegLS.uid, [singleBits]);
    expect(status).toBe(0xa702);
    expect(errorComment).toContain('cannot be compressed: samples are single bits');
  });

  test('does not get an image that has fewer frames than it says: what there is of the last would be lost', async () => {
    const [study, instance] = ['1.2.3.77', uid('1.2.3.77.1')];
    const one = smallInstance({ study, instance, pixels: Buffer.alloc(2.5 * 256, 7) });
    const rows = one.indexOf(Buffer.from('28001000', 'hex'));
    const dataset = Buffer.concat([one.subarray(0, rows), explicit(0x00280008, 'IS', '3'), one.subarray(rows)]);
    const made = {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: instance,
      transferSyntaxUID: explicitLE,
      dataset,
    };
    await archive.store([made]);
    stored.set(study, { ...made, study });
    const { failedUIDs, errorComment, received } = await moved(rle.uid, [study]);
    expect([failedUIDs, errorComment, received]).toEqual([
      [instance],
      expect.stringContaining('cannot be compressed: there are 2 whole frames of 3'),
      [],
    ]);
  });

  test.each([rle, jpegLS, jpeg2000])('gets it by C-GET: $name', async ({ uid: syntaxUID }) => {
    const path = images.implicit;
    const contexts = [{ abstractSyntax: stored.get(path)!.sopClassUID, transferSyntaxes: [syntaxUID] }];
    const got = await retrieve(archive.port, { model: models.study.get, keys: keysOf([path]), contexts });
    const one = got.stored.find(({ sopInstanceUID }) => sopInstanceUID === uidOf(path))!;
    expect([got.status, one.transferSyntaxUID]).toEqual([0, syntaxUID]);
    expect((await samples(await opened(asFile(path, one)))).equals(plain.get(path)!)).toBe(true);
  });

  describe.skipIf(withoutDcmtk)('DCMTK', () => {
    test.each([
      ['dcmdrle', rle, []],
      ['dcmdjpls', jpegLS, []],
      // Lossless: colours stay as they stand in the stream.
      ['dcmdjpeg', syntaxOf('.4.70'), ['+cn']],
    ] as const)('%s decodes the samples that went in', async (tool, syntax, options) => {
      const { received } = await moved(syntax.uid, Object.values(images));
      for (const path of Object.values(images)) {
        const one = received.find(({ sopInstanceUID }) => sopInstanceUID === uidOf(path))!;
        const [packed, unpacked] = [join(directory, `${tool}.dcm`), join(directory, `${tool}-plain.dcm`)];
        await writeFile(packed, asFile(path, one));
        await run(tool, [...options, packed, unpacked]);
        expect((await samples(await opened(await readFile(unpacked)))).equals(plain.get(path)!), path).toBe(true);
      }
    });

    /** A device that takes these images in one transfer syntax and no other; where it keeps them. */
    async function storescpOf(syntaxUID: string): Promise<{ aeTitle: string; folder: string } & AsyncDisposable> {
      const folder = join(directory, syntaxUID);
      await mkdir(folder);
      const port = await freePort();
      const profile = join(directory, `${syntaxUID}.cfg`);
      await writeFile(
        profile,
        [
          '[[TransferSyntaxes]]',
          `[One]\nTransferSyntax1 = ${syntaxUID}`,
          '[[PresentationContexts]]',
          `[Images]\nPresentationContext1 = ${stored.get(images.implicit)!.sopClassUID}\\One`,
          '[[Profiles]]',
          '[Only]\nPresentationContexts = Images',
          '',
        ].join('\n'),
      );
      const storescp = spawn('storescp', ['-xf', profile, 'Only', '-od', folder, String(port)]);
      await untilListening(port);
      const aeTitle = `SCP${++devices}`;
      await archive.addDevice(aeTitle, port);
      return {
        aeTitle,
        folder,
        async [Symbol.asyncDispose]() {
          const exited = once(storescp, 'exit');
          storescp.kill();
          await exited;
        },
      };
    }
    const moveTo = (destination: string) =>
      retrieve(archive.port, { model: models.study.move, keys: keysOf([images.implicit]), destination });

    test.each([rle, jpegLS, jpeg2000])('storescp that takes nothing else is served: $name', async (syntax) => {
      await using storescp = await storescpOf(syntax.uid);
      expect((await moveTo(storescp.aeTitle)).status).toBe(0);
      const [name = ''] = await readdir(storescp.folder);
      const file = await opened(await readFile(join(storescp.folder, name)));
      expect(file.syntax.uid).toBe(syntax.uid);
      expect((await samples(file)).equals(plain.get(images.implicit)!)).toBe(true);
    });

    test('storescp that takes the SOP class in a syntax alone that nothing is made in: that is said, not that it takes no such images', async () => {
      await using storescp = await storescpOf('1.2.840.10008.1.2.2');
      const name = sopClassName(stored.get(images.implicit)!.sopClassUID);
      expect(await moveTo(storescp.aeTitle)).toMatchObject({
        status: 0xa702,
        errorComment: `peer has no syntax of ours for ${name}`.slice(0, 64),
      });
    });
  });
});
