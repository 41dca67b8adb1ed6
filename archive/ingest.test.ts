import { truncate, unlink } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '#access/caller.ts';
import { readObjectHead } from '#dicom/file/file-meta.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Storage } from '#storage/storage.ts';
import { secondaryCapture, smallInstance, us } from '#tests/dataset-bytes.ts';
import { openDatabase } from '#index/database.ts';
import type { Database } from '#index/database.ts';
import { StorageFailed } from '#storage/storage.ts';
import { openIngest } from './ingest.ts';
import type { Ingest, Ingested } from './ingest.ts';
import { Problem } from './problems.ts';
import { arrival, emptyIngest, modality } from './test-ingest.ts';
import { TakeBacks } from './take-backs.ts';
import type { IngestParts } from './settle.ts';

const empty = emptyIngest();
const { objects, pathOf, rows } = empty;
let parts: IngestParts;
let storage: Storage;
let takeBacks: TakeBacks;
let ingest: Ingest;

beforeAll(() => {
  parts = empty.parts();
  ({ storage, takeBacks } = parts);
  ingest = openIngest(parts);
});

/** The small instance in RLE Lossless (PS3.5 Annex G), every pixel of one value: one segment of two runs of 128. */
function runLengthEncoded(value: number): Buffer {
  const whole = smallInstance();
  const pixelDataHeader = Buffer.from('e07f10004f420000ffffffff', 'hex');
  const beforePixels = whole.subarray(0, whole.length - pixelDataHeader.length - 256);
  const segment = Buffer.alloc(64);
  segment.writeUInt32LE(1, 0);
  segment.writeUInt32LE(64, 4);
  const frame = Buffer.concat([segment, Buffer.from([0x81, value, 0x81, value])]);
  const item = (bytes: Buffer): Buffer => {
    const head = Buffer.from('feff00e000000000', 'hex');
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  };
  const delimiter = Buffer.from('feffdde000000000', 'hex');
  return Buffer.concat([beforePixels, pixelDataHeader, item(Buffer.alloc(0)), item(frame), delimiter]);
}

const store = (dataset: Buffer, caller: Caller = modality): Promise<Ingested> => ingest(arrival(dataset), caller);

const studies = () =>
  rows<{
    study_instance_uid: string;
    patient_id: string;
    patient_name: string;
    number_of_instances: number;
    number_of_series: number;
    modalities: string[];
    flags: string[];
    patient: number;
  }>('SELECT * FROM index.study ORDER BY id');
const instances = () =>
  rows<{ id: number; key: string; version: number; state: number; sop_instance_uid: string; length: number }>(
    'SELECT * FROM index.instance ORDER BY id',
  );

describe('an instance that was acknowledged', () => {
  test('is found at once, with its bytes behind our own file meta information', async () => {
    const dataset = smallInstance();
    const { outcome, ...ingested } = await store(dataset);
    expect(outcome).toBe('stored');
    expect(ingested).toEqual({
      SOPClassUID: secondaryCapture,
      SOPInstanceUID: '1.2.3.4.5',
      StudyInstanceUID: '1.2.3',
      SeriesInstanceUID: '1.2.3.4',
      length: dataset.length,
    });
    const [instance] = await instances();
    const object = await storage.readRange(instance!.key, 0, 1024 + dataset.length);
    expect(object.subarray(1024).equals(dataset)).toBe(true);
    expect(object.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(readObjectHead(object)).toMatchObject({
      meta: {
        MediaStorageSOPInstanceUID: '1.2.3.4.5',
        TransferSyntaxUID: '1.2.840.10008.1.2.1',
        SourceApplicationEntityTitle: 'CT1',
      },
      information: { door: 'C-STORE', callingAETitle: 'CT1', address: '10.0.0.5', length: dataset.length, version: 1 },
    });
    expect(await studies()).toMatchObject([
      {
        study_instance_uid: '1.2.3',
        patient_name: 'NGUYỄN^VĂN ANH',
        number_of_instances: 1,
        number_of_series: 1,
        modalities: ['OT'],
        flags: [],
      },
    ]);
  });

  test('lies under a key that says nothing about it', async () => {
    await store(smallInstance());
    const [key] = await objects();
    expect(key).toMatch(/^i\/\d{4}\/\d\d\/\d\d\/\d\d\/[0-9a-f]{32}$/);
  });

  test('is counted in its series and study', async () => {
    for (const [series, instance, of] of [
      ['1.2.3.4', '1.1', 'CT'],
      ['1.2.3.4', '1.2', 'CT'],
      ['1.2.3.5', '1.3', 'SR'],
    ] as const) {
      await store(smallInstance({ series, instance, modality: of }));
    }
    expect(await studies()).toMatchObject([{ number_of_instances: 3, number_of_series: 2, modalities: ['CT', 'SR'] }]);
  });
});

describe('the same instance again', () => {
  test('with the same bytes succeeds and changes nothing', async () => {
    await store(smallInstance());
    const before = [await studies(), await instances(), await objects()];
    expect((await store(smallInstance())).outcome).toBe('duplicate');
    expect([await studies(), await instances(), await objects()]).toEqual(before);
  });

  test('heals a stored object that was lost, cut or changed', async () => {
    const dataset = smallInstance();
    await store(dataset);
    const harm = [
      (file: string) => unlink(file),
      (file: string) => truncate(file, 1100),
      async (file: string) => {
        const { open } = await import('node:fs/promises');
        const handle = await open(file, 'r+');
        await handle.write(Buffer.from([0xff]), 0, 1, 1500);
        await handle.close();
      },
    ];
    for (const damage of harm) {
      const [{ key } = { key: '' }] = await instances();
      await damage(pathOf(key));
      expect((await store(dataset)).outcome).toBe('duplicate');
      const [healed] = await instances();
      expect((await storage.readRange(healed!.key, 1024, dataset.length)).equals(dataset)).toBe(true);
      expect(await objects()).toHaveLength(1);
    }
  });

  test('heals without forgetting from whom it came first', async () => {
    await store(smallInstance());
    const [{ key } = { key: '' }] = await instances();
    const first = readObjectHead(await storage.readRange(key, 0, 1024))?.information;
    await truncate(pathOf(key), 1100);
    await store(smallInstance(), { ...modality, address: '10.9.9.9' });
    const healed = readObjectHead(await storage.readRange((await instances())[0]!.key, 0, 1024))?.information;
    expect(healed).toEqual(first);
    expect(healed?.address).toBe('10.0.0.5');
  });

  test('with other bytes is kept as a version, the first stays current and the study is flagged', async () => {
    const other = smallInstance({ pixels: Buffer.alloc(256, 9) });
    await store(smallInstance());
    expect((await store(other)).outcome).toBe('version');
    expect(await instances()).toMatchObject([
      { version: 1, state: 0 },
      { version: 2, state: 1 },
    ]);
    expect(await studies()).toMatchObject([{ number_of_instances: 1, flags: ['version-waits'] }]);
    const second = (await instances())[1]!;
    expect((await storage.readRange(second.key, 1024, other.length)).equals(other)).toBe(true);
    expect(readObjectHead(await storage.readRange(second.key, 0, 1024))?.information.version).toBe(2);
    expect(await objects()).toHaveLength(2);
    expect((await store(other)).outcome).toBe('duplicate');
    expect(await instances()).toHaveLength(2);
  });

  test('becomes current where the device replaces and patient, study and series agree', async () => {
    const replacing: Caller = { ...modality, onOtherBytes: 'replace' };
    await store(smallInstance());
    await store(smallInstance({ pixels: Buffer.alloc(256, 9) }), replacing);
    expect(await instances()).toMatchObject([
      { version: 1, state: 1 },
      { version: 2, state: 0 },
    ]);
    expect(await studies()).toMatchObject([{ number_of_instances: 1, number_of_series: 1, flags: [] }]);
    await store(smallInstance({ pixels: Buffer.alloc(256, 10), patientName: 'AI^KHÁC' }), replacing);
    expect(await instances()).toMatchObject([{ state: 1 }, { state: 0 }, { version: 3, state: 1 }]);
  });

  test('in another syntax with the same pixels is a version without a flag, with other pixels it is flagged', async () => {
    const implicit = (pixels: Buffer): Buffer => {
      const element = (tag: number, value: Buffer): Buffer => {
        const head = Buffer.alloc(8);
        head.writeUInt16LE(Math.floor(tag / 0x10000), 0);
        head.writeUInt16LE(tag & 0xffff, 2);
        head.writeUInt32LE(value.length, 4);
        return Buffer.concat([head, value]);
      };
      return Buffer.concat([
        element(0x00080016, Buffer.from(`${secondaryCapture}\0`)),
        element(0x00080018, Buffer.from('1.2.3.4.5\0')),
        element(0x00080020, Buffer.from('20240115')),
        element(0x00080060, Buffer.from('OT')),
        element(0x00100010, Buffer.from('Nguyen^Van Anh')),
        element(0x00100020, Buffer.from('P1')),
        element(0x0020000d, Buffer.from('1.2.3\0')),
        element(0x0020000e, Buffer.from('1.2.3.4\0')),
        element(0x00280002, us(1)),
        element(0x00280004, Buffer.from('MONOCHROME2 ')),
        element(0x00280010, us(16)),
        element(0x00280011, us(16)),
        element(0x00280100, us(8)),
        element(0x7fe00010, pixels),
      ]);
    };
    const storeImplicit = (pixels: Buffer): Promise<Ingested> =>
      ingest(arrival(implicit(pixels), { transferSyntaxUID: uid('1.2.840.10008.1.2') }), modality);
    await store(smallInstance());
    expect((await storeImplicit(Buffer.alloc(256, 7))).outcome).toBe('version');
    expect(await studies()).toMatchObject([{ number_of_instances: 1, flags: [] }]);
    const second = (await instances())[1]!;
    expect(readObjectHead(await storage.readRange(second.key, 0, 1024))?.information).toMatchObject({
      version: 2,
      samePixels: true,
    });
    expect((await storeImplicit(Buffer.alloc(256, 7))).outcome).toBe('duplicate');
    expect(await studies()).toMatchObject([{ flags: [] }]);
    expect((await storeImplicit(Buffer.alloc(256, 8))).outcome).toBe('version');
    expect(await studies()).toMatchObject([{ flags: ['version-waits'] }]);
  });

  test('compressed without loss, with the same pixels, is a version without a flag, with other pixels it is flagged', async () => {
    const storeCompressed = (value: number): Promise<Ingested> =>
      ingest(arrival(runLengthEncoded(value), { transferSyntaxUID: uid('1.2.840.10008.1.2.5') }), modality);
    await store(smallInstance({ pixels: Buffer.alloc(256, 7) }));
    expect((await storeCompressed(7)).outcome).toBe('version');
    expect(await studies()).toMatchObject([{ number_of_instances: 1, flags: [] }]);
    expect((await storeCompressed(8)).outcome).toBe('version');
    expect(await studies()).toMatchObject([{ flags: ['version-waits'] }]);
  });

  test('in another study is a version that never is current, and both studies are flagged', async () => {
    await store(smallInstance());
    await store(smallInstance({ study: '9.9', series: '9.9.1' }), { ...modality, onOtherBytes: 'replace' });
    expect(await instances()).toMatchObject([{ state: 0 }, { version: 2, state: 1 }]);
    expect(await studies()).toMatchObject([
      { study_instance_uid: '1.2.3', number_of_instances: 1, flags: ['instance-in-two-studies'] },
      { study_instance_uid: '9.9', number_of_instances: 0, flags: ['instance-in-two-studies'] },
    ]);
  });

  test('from many senders at once is kept once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, async () => (await store(smallInstance())).outcome));
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(11);
    expect(await instances()).toHaveLength(1);
    expect(await objects()).toHaveLength(1);
    expect(await studies()).toMatchObject([{ number_of_instances: 1 }]);
  });
});

describe('identity', () => {
  test('each study without a Patient ID has a patient of its own', async () => {
    await store(smallInstance({ patientID: '', study: '1.1', series: '1.1.1', instance: '1.1.1.1' }));
    await store(smallInstance({ patientID: '', study: '1.2', series: '1.2.1', instance: '1.2.1.1' }));
    const [one, two] = await studies();
    expect(one!.patient).not.toBe(two!.patient);
  });

  test('the same Patient ID of two issuers is two patients', async () => {
    const of = (defaultIssuer: string): Caller => ({ ...modality, defaultIssuer });
    await store(smallInstance({ study: '1.1', series: '1.1.1', instance: '1.1.1.1' }), of('BV1'));
    await store(smallInstance({ study: '1.2', series: '1.2.1', instance: '1.2.1.1' }), of('BV2'));
    await store(smallInstance({ study: '1.3', series: '1.3.1', instance: '1.3.1.1' }), of('BV1'));
    const [one, two, three] = await studies();
    expect(one!.patient).toBe(three!.patient);
    expect(one!.patient).not.toBe(two!.patient);
  });

  test('a study shows what came first and is flagged when another patient comes into it', async () => {
    await store(smallInstance());
    await store(smallInstance({ instance: '1.2.3.4.6', patientID: 'P2', patientName: 'TRẦN^B' }));
    expect(await studies()).toMatchObject([
      { patient_id: 'P1', patient_name: 'NGUYỄN^VĂN ANH', number_of_instances: 2, flags: ['patient-differs'] },
    ]);
  });

  test('a name under a wrong character set is shown right, its study is flagged, and its bytes stay', async () => {
    // UTF-8, labelled Latin-1
    const mislabelled = Buffer.from(smallInstance().toString('latin1').replace('ISO_IR 192', 'ISO_IR 100'), 'latin1');
    await store(mislabelled);
    expect(await studies()).toMatchObject([{ patient_name: 'NGUYỄN^VĂN ANH', flags: ['text-mislabelled'] }]);
    const [{ key } = { key: '' }] = await instances();
    expect((await storage.readRange(key, 1024, mislabelled.length)).equals(mislabelled)).toBe(true);
    // The same name rightly labelled, in the same study, is no disagreement.
    await store(smallInstance({ instance: '1.2.3.4.6' }));
    expect(await studies()).toMatchObject([{ number_of_instances: 2, flags: ['text-mislabelled'] }]);
  });

  test('the spelling of a name without accents is no disagreement', async () => {
    await store(smallInstance());
    await store(smallInstance({ instance: '1.2.3.4.6', patientName: 'Nguyen^Van Anh' }));
    expect(await studies()).toMatchObject([{ flags: [] }]);
  });
});

describe('what cannot be kept', () => {
  const refused = async (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
    const problem = await promise.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).code).toBe(code);
    expect((problem as Problem).message).toMatch(message);
    expect((problem as Problem).message.length).toBeLessThanOrEqual(64);
    expect(await objects()).toEqual([]);
    expect(await studies()).toEqual([]);
  };

  test.each(['study', 'series', 'instance'] as const)('an instance without a %s UID is refused with A900', (which) =>
    refused(store(smallInstance({ [which]: '' })), 'missingIdentity', /UID is missing/),
  );
  test.each(['../../etc', 'abc.def', `1.${'2'.repeat(63)}`, "1.2'; DROP TABLE index.instance;--"])(
    'a Study Instance UID of %s is refused',
    (study) => refused(store(smallInstance({ study })), 'missingIdentity', /not a UID/),
  );
  test('an instance that is not the one announced is refused', () =>
    refused(
      ingest(arrival(smallInstance(), { announced: { SOPInstanceUID: '9.9' } }), modality),
      'doesNotMatchSOPClass',
      /SOPInstanceUID differs/,
    ));
  test('bytes that are no data set are refused', () =>
    refused(store(Buffer.from('this is not DICOM at all '.repeat(20))), 'cannotUnderstand', /./));
  test('a caller without the right to store is refused', () =>
    refused(ingest(arrival(smallInstance()), { ...modality, rights: new Set() }), 'notAuthorized', /may not store/));

  test('a data set whose sender goes away leaves nothing', async () => {
    const lost = new Error('connection reset');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield smallInstance().subarray(0, 300);
      throw lost;
    }
    await expect(ingest(arrival(Buffer.alloc(0), { dataset: broken() }), modality)).rejects.toBe(lost);
    expect(await objects()).toEqual([]);
  });

  test('harms none of the others in its batch: each poison beside twenty good instances', async () => {
    const poisons: Buffer[] = [
      smallInstance({ instance: '6.1', patientName: 'A\0B^C' }),
      smallInstance({ instance: '6.2', patientID: 'x'.repeat(5_000), study: '6.2.1' }),
      smallInstance({ instance: '6.3', patientName: 'Đ'.repeat(30_000), study: '6.3.1' }),
      smallInstance({ instance: '6.4', studyDate: '99999999999999999999', study: '6.4.1' }),
      smallInstance({ instance: '6.5', patientName: "'; DROP TABLE index.study;--" }),
      Buffer.from('nonsense'),
    ];
    for (const [number, poison] of poisons.entries()) {
      const good = Array.from({ length: 20 }, (_, index) =>
        store(
          smallInstance({
            study: `7.${number}`,
            series: `7.${number}.1`,
            instance: `7.${number}.1.${index}`,
            patientID: `G${number}`,
          }),
        ),
      );
      const bad = store(poison).catch((error: unknown) => error);
      expect((await Promise.all(good)).every(({ outcome }) => outcome === 'stored')).toBe(true);
      const outcome = await bad;
      if (number === poisons.length - 1) expect(outcome).toBeInstanceOf(Problem);
      else expect(outcome, `poison ${number}`).toMatchObject({ outcome: 'stored' });
    }
    expect(await instances()).toHaveLength(poisons.length - 1 + 20 * poisons.length);
  });
});

describe('an object that does not become durable', () => {
  /**
   * The very storage; the last step of keeping an object fails, as it does on a disk that breaks.
   * @param first  resolves when it fails, where it is only that of the first object
   */
  function breaking(first?: Promise<void>): Storage {
    let begun = 0;
    return new Proxy(storage, {
      get(target, name) {
        if (name !== 'begin') {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
        }
        return async (key: string) => {
          const object = await target.begin(key);
          if (first && begun++ > 0) return object;
          return Object.assign(Object.create(object) as typeof object, {
            write: (chunk: Uint8Array) => object.write(chunk),
            overwrite: (at: number, bytes: Uint8Array) => object.overwrite(at, bytes),
            flush: () => object.flush(),
            abort: () => object.abort(),
            async commit() {
              await first;
              await object.abort();
              throw new StorageFailed('EIO');
            },
          });
        };
      },
    });
  }
  const away = (): Database =>
    openDatabase('postgres://nobody:x@127.0.0.1:1/none', { max: 1, applicationName: 'test', answerMs: 500 });

  test('is refused, and neither found nor kept', async () => {
    const failing = openIngest({ ...parts, storage: breaking() });
    await expect(failing(arrival(smallInstance()), modality)).rejects.toMatchObject({ code: 'processingFailure' });
    expect([await instances(), await studies(), await objects()]).toEqual([[], [], []]);
    expect(takeBacks.due).toBe(0);
  });

  test('while PostgreSQL is away, too, is taken back as soon as that is there again', async () => {
    await using nowhere = away();
    const failing = openIngest({ ...parts, storage: breaking(), database: nowhere });
    await expect(failing(arrival(smallInstance()), modality)).rejects.toMatchObject({ code: 'processingFailure' });
    await expect.poll(() => takeBacks.due).toBe(0);
    expect([await instances(), await studies(), await objects()]).toEqual([[], [], []]);
  });

  test('leaves the version that it was to who has sent the same bytes meanwhile', async () => {
    const other = smallInstance({ pixels: Buffer.alloc(256, 9) });
    await store(smallInstance());
    const { promise, resolve: fail } = Promise.withResolvers<void>();
    let answers = 0;
    const writer: IngestParts['writer'] = Object.assign(Object.create(parts.writer) as typeof parts.writer, {
      write: (...of: Parameters<typeof parts.writer.write>) => parts.writer.write(...of).finally(() => void answers++),
    });
    const failing = openIngest({ ...parts, storage: breaking(promise), writer });
    const refused = failing(arrival(other), modality).catch((error: unknown) => error);
    await expect.poll(() => answers).toBe(1);
    const kept = failing(arrival(other), modality);
    await expect.poll(() => answers).toBe(2);
    fail();
    expect(await refused).toMatchObject({ code: 'processingFailure' });
    expect((await kept).outcome).toBe('version');
    const second = (await instances())[1]!;
    expect(second).toMatchObject({ version: 2, state: 1 });
    expect(readObjectHead(await storage.readRange(second.key, 0, 1024))?.information.version).toBe(2);
  });

  test('is waited for, and a stop meanwhile is no clean one', async () => {
    await using nowhere = away();
    const waiting = new TakeBacks({ database: nowhere, log: parts.log });
    waiting.later({ SOPInstanceUID: '1.2.3.4.5', key: 'i/2026/01/01/00/0' });
    await waiting[Symbol.asyncDispose]();
    expect(waiting.due).toBe(1);
  });
});

test('a data set that ends within its Pixel Data is refused: how much is missing, and where', async () => {
  // Kept as if it were whole, nobody would send the rest again.
  const refused = store(smallInstance().subarray(0, -100));
  await expect(refused).rejects.toMatchObject({
    code: 'cannotUnderstand',
    message: expect.stringMatching(/^\(7FE0,0010\) PixelData, byte \d+: ends 100 bytes/),
  });
  expect([await instances(), await objects()]).toEqual([[], []]);
});
