import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, echo, store } from '#dicom/dimse/requests.ts';
import type { Calling } from '#dicom/network/acceptor.ts';
import { WirePeer } from '#dicom/network/wire-peer.ts';
import { isInstalled } from '#tests/installed.ts';
import type { DimseDoorOptions } from './dimse-door.ts';
import { openTestDoor } from './test-dimse-door.ts';
import type { Arrival, Ingest } from './ingest.ts';
import { Problem } from './problems.ts';

const run = promisify(execFile);
const withoutDcmtk = !isInstalled('storescu');

const ct = uid('1.2.840.10008.5.1.4.1.1.2');
const explicitLE = uid('1.2.840.10008.1.2.1');

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lightbox-dimse-'));
});
afterAll(() => rm(dir, { recursive: true }));

const doors: AsyncDisposable[] = [];
afterEach(async () => {
  for (const door of doors.splice(0)) await door[Symbol.asyncDispose]();
});

/** A door whose ingest keeps what comes in a list. */
async function openDoor(differs: Partial<DimseDoorOptions> = {}) {
  const kept: (Omit<Arrival, 'dataset'> & { bytes: Buffer; caller: string })[] = [];
  const callings: Calling[] = [];
  const logged: string[] = [];
  const write = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const ingest: Ingest = async ({ dataset, ...arrival }, caller) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of dataset) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    kept.push({ ...arrival, bytes, caller: caller.name });
    const { SOPClassUID = '', SOPInstanceUID = '' } = arrival.announced;
    const ingested = {
      StudyInstanceUID: '',
      SeriesInstanceUID: '',
      outcome: 'stored',
      length: bytes.length,
      rejection: undefined,
    } as const;
    return { SOPClassUID, SOPInstanceUID, ...ingested };
  };
  const door = await openTestDoor({
    ingest,
    admit: async (calling) => {
      callings.push(calling);
      return { caller: programCaller(calling.callingAETitle) };
    },
    log: { info: write, warn: write, error: write },
    ...differs,
  });
  doors.push(door);
  return { door, port: door.port, kept, callings, logged };
}

const connected = (port: number, more: object = {}) =>
  connectExchange({
    host: '127.0.0.1',
    port,
    callingAETitle: 'CT1',
    calledAETitle: 'LIGHTBOX',
    contexts: [
      { abstractSyntax: uid('1.2.840.10008.1.1'), transferSyntaxes: [explicitLE] },
      { abstractSyntax: ct, transferSyntaxes: [explicitLE] },
    ],
    ...more,
  });
const instance = {
  sopClassUID: ct,
  sopInstanceUID: uid('1.2.3'),
  transferSyntaxUID: explicitLE,
  dataset: [Buffer.from('0800160000', 'hex')],
};

test('Verification is not accepted in a transfer syntax that nobody knows', async () => {
  const { port } = await openDoor();
  const verification = uid('1.2.840.10008.1.1');
  const exchange = await connected(port, {
    contexts: [
      { abstractSyntax: verification, transferSyntaxes: [uid('1.2.3')] },
      { abstractSyntax: ct, transferSyntaxes: [uid('1.2.3')] },
    ],
  });
  expect([...exchange.contexts.values()].map(({ abstractSyntax }) => abstractSyntax)).toEqual([ct]);
  await exchange.release();
});

describe('C-STORE', () => {
  test('gives ingest the data set as it came, with what the association and the command say of it', async () => {
    const { port, kept } = await openDoor();
    const exchange = await connected(port);
    expect(await store(exchange, { ...instance, dataset: [Buffer.alloc(600_000, 3)] })).toEqual({
      status: 0,
      errorComment: undefined,
    });
    await exchange.release();
    expect(kept).toEqual([
      {
        transferSyntaxUID: explicitLE,
        announced: { SOPClassUID: ct, SOPInstanceUID: '1.2.3' },
        door: 'C-STORE',
        callingAETitle: 'CT1',
        bytes: Buffer.alloc(600_000, 3),
        caller: 'CT1',
      },
    ]);
  });

  test('is answered with the status and the words of the problem', async () => {
    const { port, logged } = await openDoor({
      ingest: () => Promise.reject(new Problem('outOfResources', 'no space left in storage')),
    });
    const exchange = await connected(port);
    expect(await store(exchange, instance)).toEqual({ status: 0xa700, errorComment: 'no space left in storage' });
    expect(await echo(exchange)).toBe(0);
    expect(logged.some((line) => line.startsWith('request failed {') && line.includes('"status":"A700"'))).toBe(true);
  });

  test('without a data set or a SOP Instance UID is refused, and the association stays usable', async () => {
    const { port, kept } = await openDoor();
    const exchange = await connected(port);
    const fields = { AffectedSOPClassUID: ct, CommandField: 1, Priority: 0 };
    expect(await exchange.invoke(3, { ...fields, AffectedSOPInstanceUID: '1.2.3' })).toMatchObject({ Status: 0xc000 });
    expect(await exchange.invoke(3, fields, instance.dataset)).toMatchObject({
      Status: 0x0212,
      OffendingElement: [0x00001000],
    });
    expect(await echo(exchange)).toBe(0);
    expect(kept).toEqual([]);
  });
});

describe.skipIf(withoutDcmtk)('DCMTK', () => {
  /** A small secondary capture, by DCMTK's own tool, and its data set. */
  async function sample(): Promise<{ file: string; dataset: Buffer }> {
    const elements = [
      '(0008,0016) UI =CTImageStorage',
      '(0008,0018) UI [1.2.826.0.1.3680043.8.498.5.1]',
      '(0008,0020) DA [20240101]',
      '(0010,0010) PN [Phantom]',
      '(0020,000d) UI [1.2.826.0.1.3680043.8.498.5.2]',
      '(0020,000e) UI [1.2.826.0.1.3680043.8.498.5.3]',
      '(0028,0002) US 1',
      '(0028,0004) CS [MONOCHROME2]',
      '(0028,0010) US 8',
      '(0028,0011) US 8',
      '(0028,0100) US 16',
      '(0028,0101) US 16',
      '(0028,0102) US 15',
      '(0028,0103) US 0',
      `(7fe0,0010) OW ${Array.from({ length: 64 }, (_, n) => n.toString(16).padStart(4, '0')).join('\\')}`,
    ];
    const text = join(dir, 'sample.txt');
    const file = join(dir, 'sample.dcm');
    await writeFile(text, elements.join('\n'));
    await run('dump2dcm', ['+te', text, file]);
    return { file, dataset: await datasetOf(file) };
  }

  /** What follows the file meta information, whose length its first element says (PS3.10 7.1). */
  async function datasetOf(file: string): Promise<Buffer> {
    const bytes = await readFile(file);
    return bytes.subarray(144 + bytes.readUInt32LE(140));
  }

  test('echoscu finds us, and with another called AE title is told why not', async () => {
    const { port } = await openDoor();
    const to = (called: string) => ['-aet', 'ECHO', '-aec', called, '127.0.0.1', String(port)];
    await run('echoscu', to('LIGHTBOX'));
    await expect(run('echoscu', to('OTHER'))).rejects.toMatchObject({
      stderr: expect.stringContaining('Called AE Title Not Recognized'),
    });
  });

  test('storescu stores a file, and its data set arrives byte for byte', async () => {
    const { file, dataset } = await sample();
    const { port, kept } = await openDoor();
    await run('storescu', ['-aet', 'STORE', '-aec', 'LIGHTBOX', '--repeat', '3', '127.0.0.1', String(port), file]);
    expect(kept).toHaveLength(3);
    for (const { bytes, callingAETitle, transferSyntaxUID } of kept)
      expect({ same: bytes.equals(dataset), callingAETitle, transferSyntaxUID }).toEqual({
        same: true,
        callingAETitle: 'STORE',
        transferSyntaxUID: explicitLE,
      });
  });

  test('dcmsend stores a compressed file in its own transfer syntax', async () => {
    const { file } = await sample();
    const compressed = join(dir, 'rle.dcm');
    await run('dcmcrle', [file, compressed]);
    const { port, kept } = await openDoor();
    await run('dcmsend', ['--decompress-never', '-aec', 'LIGHTBOX', '127.0.0.1', String(port), compressed]);
    expect(kept.map(({ transferSyntaxUID }) => transferSyntaxUID)).toEqual(['1.2.840.10008.1.2.5']);
    expect(kept[0]!.bytes.equals(await datasetOf(compressed))).toBe(true);
  });
});

describe('strangers', () => {
  test('500 silent connections and 100 idle associations do not keep the next one out', async () => {
    const { port, kept } = await openDoor();
    const silent = await Promise.all(Array.from({ length: 500 }, () => WirePeer.connect(port)));
    const idle = await Promise.all(Array.from({ length: 100 }, () => connected(port)));
    const exchange = await connected(port);
    expect(await store(exchange, instance)).toMatchObject({ status: 0 });
    expect(kept).toHaveLength(1);
    for (const peer of silent) peer.destroy();
    await Promise.all([...idle, exchange].map((each) => each.release()));
  });
});

describe('closing', () => {
  test('lets a store that is being kept be answered, and accepts nothing new', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { door, port, logged } = await openDoor({
      ingest: async ({ dataset }) => {
        for await (const _ of dataset);
        started.resolve();
        await gate.promise;
        throw new Problem('processingFailure', 'as the gate opened');
      },
    });
    const exchange = await connected(port);
    const answered = store(exchange, instance);
    await started.promise;
    const drained = door.drain();
    await expect(connected(port)).rejects.toThrow('connection closed');
    gate.resolve();
    expect(await answered).toMatchObject({ errorComment: 'as the gate opened' });
    await drained;
    await exchange.over;
    expect(logged.at(-1)).toContain('association lost');
  });

  test('does not wait for those who say nothing', async () => {
    const { door, port } = await openDoor();
    const idle = await connected(port);
    await door.drain();
    await idle.over;
  });
});

describe('the log', () => {
  test('counts messages and bytes of each association, and names no patient', async () => {
    const { port, logged } = await openDoor();
    const exchange = await connected(port);
    await store(exchange, { ...instance, dataset: [Buffer.from('NGUYEN^VAN AN ')] });
    await exchange.release();
    const { port: second, logged: otherLog } = await openDoor();
    await expect(connected(second, { calledAETitle: 'OTHER' })).rejects.toThrow('rejected');
    expect(logged.join('\n')).toMatch(/association released .*"messages":1,"failures":0,"bytes":14/);
    expect(logged.join('\n')).not.toContain('NGUYEN');
    expect(otherLog.join('\n')).toContain('"rejection":"called AE title not recognized"');
  });
});
