/**
 * The metadata of a whole series as one object of storage: its DICOM JSON (PS3.18 Annex F) twice, by brotli and by gzip,
 * behind a head that says which is where. An answer is one of the two as it stands.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { newDataset, newElement } from '#dicom/data/new-dataset.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { beginHolding, weightOf } from './heavy-heads.ts';
import { type DescribedDataset, instanceJson } from './instance-metadata.ts';
import { type StoredDataset, readStoredDataset } from './stored-dataset.ts';
import { textPieces } from './text-pieces.ts';

export const seriesMetadataMediaType = 'application/dicom+json';
/** Another form of the JSON has another number: objects of an earlier one are made anew. */
const form = 2;
/** The object's head: JSON in so many bytes, filled up with blanks. */
export const seriesMetadataHeadBytes = 512;

export interface SeriesMetadataHead {
  readonly form: number;
  /** What the addresses of bulk data in it begin with. */
  readonly baseUrl: string;
  /** Bytes of each. */
  readonly br: number;
  readonly gzip: number;
}

/** What the index says of an instance whose metadata are wanted. */
export interface DescribedInstance extends StoredDataset {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sop_class: string;
  readonly transfer_syntax: string;
}

/**
 * Available Transfer Syntax UID (PS3.4 C.3.4): in which one the instance's frames are given out as they are stored. A viewer compares
 * it with what it is sent, since pixels read by the rules of another syntax are shown without any error.
 */
const AvailableTransferSyntaxUID = 0x00083002;

/** Heads that are read ahead of the one that is being written. */
const readAhead = 16;
/** Instances stand in lines of their own. */
const between = ',\n';

export interface MetadataSource<I extends DescribedInstance> {
  readonly baseUrl: string;
  bytesOf(instance: I): DatasetBytes;
  /** What stands before its Pixel Data, where that lies at hand. */
  headOf?(instance: I): Promise<Buffer | undefined>;
  /** An instance whose data set cannot be read. @returns whether what the index knows of it may stand in its place */
  onUnreadable(instance: I, error: unknown): boolean;
}

/** The instances' data sets one after the other, some heads ahead. Of very many elements they are held until the next, or `letGo`. @throws NoRoomInMemory */
export async function* describedDatasets<I extends DescribedInstance>(
  instances: readonly I[],
  source: MetadataSource<I>,
): AsyncGenerator<DescribedDataset & { letGo(): void }, void, void> {
  /** Undefined: too much to be read before its turn. */
  const ahead: (Promise<Dataset> | undefined)[] = [];
  let next = 0;
  for (const instance of instances) {
    while (ahead.length < readAhead && next < instances.length) {
      const following = instances[next++] as I;
      const isHeavy = weightOf(following, following.transfer_syntax) > 0;
      const reading = isHeavy ? undefined : describe(following, source);
      reading?.catch(() => undefined); // told when its turn comes
      ahead.push(reading);
    }
    const { study_instance_uid: study, series_instance_uid: series, sop_instance_uid: uid } = instance;
    const address = `${source.baseUrl}/studies/${study}/series/${series}/instances/${uid}`;
    const reading = ahead.shift();
    if (reading) yield { dataset: await reading, address, letGo() {} };
    else {
      const letGo = await beginHolding(weightOf(instance, instance.transfer_syntax));
      try {
        yield { dataset: await describe(instance, source), address, letGo };
      } finally {
        letGo();
      }
    }
  }
}

/** The metadata of a series' instances, separated by commas, each with its transfer syntax. */
export async function* seriesMetadataJson<I extends DescribedInstance>(
  instances: readonly I[],
  source: MetadataSource<I>,
): AsyncGenerator<string, void, void> {
  yield* textPieces(asJson(announced(instances, describedDatasets(instances, source))), between);
}

/** The metadata of instances as their data sets say them, separated by commas. */
export async function* metadataJson<I extends DescribedInstance>(
  instances: readonly I[],
  source: MetadataSource<I>,
): AsyncGenerator<string, void, void> {
  yield* textPieces(asJson(describedDatasets(instances, source)), between);
}

async function* announced(
  instances: readonly DescribedInstance[],
  described: AsyncIterable<DescribedDataset>,
): AsyncGenerator<DescribedDataset, void, void> {
  let at = 0;
  for await (const { dataset, address } of described) {
    const syntax = uidElement(AvailableTransferSyntaxUID, (instances[at++] as DescribedInstance).transfer_syntax);
    yield { dataset: { ...dataset, elements: new Map(dataset.elements).set(syntax.tag, syntax) }, address };
  }
}

async function* asJson(all: AsyncIterable<DescribedDataset>): AsyncGenerator<Iterable<string>, void, void> {
  for await (const described of all) yield instanceJson(described);
}

async function describe<I extends DescribedInstance>(instance: I, source: MetadataSource<I>): Promise<Dataset> {
  const syntax = transferSyntaxOf(instance.transfer_syntax);
  try {
    const head = await source.headOf?.(instance);
    const bytes = source.bytesOf(instance);
    return await readStoredDataset(instance, syntax, head ? behindHead(head, bytes) : bytes);
  } catch (error) {
    if (!source.onUnreadable(instance, error)) throw error;
    return whatTheIndexKnows(instance);
  }
}

/** What lies within the head comes from there, the rest from where it is stored. */
function behindHead(head: Buffer, stored: DatasetBytes): DatasetBytes {
  const isWithin = (offset: number, length: number): boolean => offset + length <= head.length;
  return {
    readRange: async (offset, length) =>
      isWithin(offset, length) ? head.subarray(offset, offset + length) : stored.readRange(offset, length),
    async *readStream(offset, length) {
      if (isWithin(offset, length)) yield head.subarray(offset, offset + length);
      else yield* stored.readStream(offset, length);
    },
  };
}

function whatTheIndexKnows(instance: DescribedInstance): Dataset {
  const uids: [number, string][] = [
    [0x00080016, instance.sop_class],
    [0x00080018, instance.sop_instance_uid],
    [0x0020000d, instance.study_instance_uid],
    [0x0020000e, instance.series_instance_uid],
  ];
  return newDataset(uids.map(([tag, value]) => uidElement(tag, value)));
}

function uidElement(tag: number, value: string): Element {
  return newElement(tag, 'UI', Buffer.from(value, 'latin1'));
}

/** Of brotli: 200 headers that are all alike become no smaller with more, and take four times as long. */
const quality = 5;

/** @param json  the whole array */
export async function packSeriesMetadata(
  json: readonly Buffer[],
  { baseUrl }: { readonly baseUrl: string },
): Promise<Buffer> {
  const text = Buffer.concat(json);
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(text, {
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
    }),
    promisify(gzip)(text, { level: 6 }),
  ]);
  const head = JSON.stringify({ form, baseUrl, br: br.length, gzip: zipped.length } satisfies SeriesMetadataHead);
  return Buffer.concat([Buffer.from(head.padEnd(seriesMetadataHeadBytes)), br, zipped]);
}

/** @param start the object's first bytes @returns undefined when it is of another form, or for another address */
export function readSeriesMetadataHead(start: Buffer, baseUrl: string): SeriesMetadataHead | undefined {
  try {
    const head = JSON.parse(start.toString('utf8', 0, seriesMetadataHeadBytes)) as SeriesMetadataHead;
    return head.form === form && head.baseUrl === baseUrl ? head : undefined;
  } catch {
    return undefined;
  }
}

/** Where one of the two lies in the object. */
export function placeOfEncoding(head: SeriesMetadataHead, encoding: 'br' | 'gzip'): { offset: number; length: number } {
  const offset = seriesMetadataHeadBytes + (encoding === 'gzip' ? head.br : 0);
  return { offset, length: head[encoding] };
}
