/**
 * A bounded pool of threads for work on pixels: a damaged stream, or one made to be slow, costs a thread for a while and
 * nobody else anything. Who comes when all places are taken is told so at once. Of large frames, which take a hundred times the
 * memory and time of others, one at a time has its turn: the other threads go on with what people wait for.
 */
import { Worker } from 'node:worker_threads';
import { asBuffer } from '#dicom/data/as-buffer.ts';
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { CannotEncode, type EncodedFrame } from '#dicom/pixels/encoded-frame.ts';
import type { ByteRange } from '#dicom/pixels/frame-table.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import type { Arrangement } from '#dicom/pixels/native-frame.ts';
import { limits } from '#settings/limits.ts';
import { Waiting } from '#settings/on-behalf.ts';
import { Inflating } from './inflating.ts';
import { LentMemory } from './lent-memory.ts';
import type { DecodeTask, PixelTask } from './pixel-tasks.ts';
import type { ThreadAnswer } from './pixel-thread.ts';

export interface PixelPoolOptions {
  readonly threads: number;
  /** Tasks that may wait while every thread is busy. */
  readonly waiting: number;
  /** A task that takes longer fails, and its thread is replaced; larger frames have more time. */
  readonly taskMs?: number;
}

interface Asked {
  readonly task: PixelTask;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

interface Thread {
  readonly worker: Worker;
  running: Asked | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Every thread is busy and every place to wait is taken. */
export class PixelPoolSaturated extends Error {
  override name = 'PixelPoolSaturated';
}

const threadFile = new URL('./pixel-thread.ts', import.meta.url);

export class PixelPool implements AsyncDisposable {
  /** For a task whose bytes come back. */
  readonly memory: LentMemory;
  readonly #options: Required<PixelPoolOptions>;
  readonly #threads = new Set<Thread>();
  readonly #waiting = new Waiting<Asked>();
  readonly #inflating: Inflating;
  #closed = false;

  constructor(options: PixelPoolOptions) {
    this.#options = { taskMs: limits.pixels.taskMs, ...options };
    this.memory = new LentMemory(2 * options.threads);
    this.#inflating = new Inflating(options, (why) => new PixelPoolSaturated(why));
  }

  /** @param encoded  given away @throws CannotDecode, PixelPoolSaturated, and the signal's reason */
  async decode(
    transferSyntaxUID: string,
    image: ImagePixel,
    encoded: Uint8Array,
    signal?: AbortSignal,
  ): Promise<DecodedFrame> {
    const frame = await this.run<DecodedFrame>({ name: 'decode', transferSyntaxUID, image, encoded }, signal);
    return { ...frame, bytes: asBuffer(frame.bytes) };
  }

  /** In another transfer syntax, without loss; `encoded` is given away. @throws as `decode`, and CannotEncode */
  async recode(
    { transferSyntaxUID, image, encoded }: Omit<DecodeTask, 'name'>,
    intoTransferSyntaxUID: string,
    signal?: AbortSignal,
  ): Promise<EncodedFrame> {
    const task = { name: 'recode', transferSyntaxUID, image, encoded, intoTransferSyntaxUID } as const;
    const frame = await this.run<EncodedFrame>(task, signal);
    return { ...frame, bytes: asBuffer(frame.bytes) };
  }

  /** A frame out of the words around it. @param words  given away @throws PixelPoolSaturated */
  async arrange(words: Buffer, arrangement: Arrangement): Promise<Buffer> {
    return asBuffer(await this.run<Uint8Array>({ name: 'arrange', words, arrangement }));
  }

  /**
   * The same bytes of a data set, with what its native frames take done here.
   * @param of  names the bytes: the same name, the same bytes
   */
  workingOn(of: string, datasetLength: number, { readRange, readStream }: DatasetBytes): DatasetBytes {
    const open = (): AsyncIterable<Uint8Array> => readStream(0, datasetLength);
    const work = {
      inflate: (range: ByteRange) => this.#inflating.read(of, open, range),
      arrange: (words: Buffer, arrangement: Arrangement) => this.arrange(words, arrangement),
    };
    return { readRange, readStream, work };
  }

  /**
   * @param task  its bytes are given away: whoever calls has no use for them any more
   * @returns what the task's function in `pixel-tasks.ts` returns, copied: bytes come as `Uint8Array`
   * @throws PixelPoolSaturated, the signal's reason, CannotDecode, CannotEncode, and what the task throws as an `Error` of that name
   */
  run<T>(task: PixelTask, signal?: AbortSignal): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#closed) throw new PixelPoolSaturated('the pixel pool is closed');
      signal?.throwIfAborted();
      const waiting: Asked = { task, resolve, reject, signal, onAbort: () => this.#giveUp(waiting) };
      const free = this.#mayStart(task) ? this.#freeThread() : undefined;
      if (!free && this.#waiting.size >= this.#options.waiting)
        throw new PixelPoolSaturated(`${this.#threads.size} threads are busy and ${this.#waiting.size} frames wait`);
      signal?.addEventListener('abort', waiting.onAbort, { once: true });
      if (free) this.#start(free, waiting);
      else this.#waiting.add(waiting);
    }) as Promise<T>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#inflating[Symbol.dispose]();
    for (let left = this.#waiting.next(); left; left = this.#waiting.next())
      settle(left, new PixelPoolSaturated('the pixel pool is closed'));
    await Promise.all(
      [...this.#threads].map((thread) => this.#remove(thread, new PixelPoolSaturated('the pixel pool is closed'))),
    );
  }

  #mayStart(task: PixelTask): boolean {
    return !isLarge(task) || ![...this.#threads].some(({ running }) => running && isLarge(running.task));
  }

  /** Takes the next one that may start out of those that wait. */
  #next(): Asked | undefined {
    return this.#waiting.next(({ task }) => this.#mayStart(task));
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (!thread.running) return thread;
    return this.#threads.size < this.#options.threads ? this.#open() : undefined;
  }

  #open(): Thread {
    const worker = new Worker(threadFile, {
      name: 'pixels',
      // Decoders print what they think of a stream; nobody reads it.
      stdout: true,
      stderr: true,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.pixels.threadHeapMiB },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    const thread: Thread = { worker, running: undefined, timer: undefined };
    worker.on('message', (answer: ThreadAnswer) => this.#answered(thread, answer));
    worker.on('error', (error) => void this.#remove(thread, new CannotDecode(`the decoder broke (${error.message})`)));
    worker.on('exit', () => void this.#remove(thread, new CannotDecode('the decoder ended by itself')));
    this.#threads.add(thread);
    return thread;
  }

  #start(thread: Thread, waiting: Asked): void {
    thread.running = waiting;
    const { task } = waiting;
    const perMiB = task.name === 'recode' ? limits.pixels.recodeMsPerMiB : limits.pixels.taskMsPerMiB;
    const taskMs = this.#options.taskMs + (perMiB * frameBytes(task)) / 2 ** 20;
    thread.timer = setTimeout(
      () => void this.#remove(thread, new CannotDecode(`not decoded within ${(taskMs / 1000).toFixed(1)} s`)),
      taskMs,
    );
    thread.worker.ref();
    try {
      thread.worker.postMessage(...handedOver(task));
    } catch (error) {
      this.#end(thread, error);
    }
  }

  #answered(thread: Thread, answer: ThreadAnswer): void {
    const { running } = thread;
    if (!running) return;
    if ('failure' in answer) {
      this.#end(thread, errorOf(answer.failure));
      return;
    }
    const { result } = answer;
    // What a codec once took it keeps: after a large frame the thread goes, and its memory with it.
    if (Math.max(bytesOf(result), frameBytes(running.task)) > limits.pixels.threadKeptBytes) {
      thread.running = undefined;
      void this.#remove(thread, new CannotDecode('replaced'));
      settle(running, undefined, result);
    } else this.#end(thread, undefined, result);
  }

  /** The thread's task is over, and the next one begins. */
  #end(thread: Thread, error: unknown, result?: unknown): void {
    const { running } = thread;
    clearTimeout(thread.timer);
    thread.running = undefined;
    thread.worker.unref();
    if (running) settle(running, error, result);
    const next = this.#next();
    if (next) this.#start(thread, next);
  }

  /** The thread goes, whatever it does; its task fails and another thread takes its place. */
  async #remove(thread: Thread, error: Error): Promise<void> {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    if (thread.running) settle(thread.running, error);
    thread.running = undefined;
    const next = this.#closed ? undefined : this.#next();
    if (next) this.#start(this.#open(), next);
    await thread.worker.terminate();
  }

  /** Nobody waits for it any more; one that runs already is let finish, which is soon, unless it is large. */
  #giveUp(waiting: Asked): void {
    this.#waiting.delete(waiting);
    settle(waiting, waiting.signal?.reason);
    if (!isLarge(waiting.task)) return;
    for (const thread of this.#threads)
      if (thread.running === waiting) void this.#remove(thread, new CannotDecode('nobody waits for it'));
  }
}

function settle({ resolve, reject, signal, onAbort }: Asked, error: unknown, result?: unknown): void {
  signal?.removeEventListener('abort', onAbort);
  if (error === undefined) resolve(result);
  else reject(error);
}

function isLarge(task: PixelTask): boolean {
  return frameBytes(task) > limits.pixels.largeFrameBytes;
}

/**
 * Of the whole frame once it is decoded: a decoder takes in all of its stream, however small the picture, and decodes all of it where a
 * tile lacks the resolution that is asked for.
 */
function frameBytes(task: PixelTask): number {
  if (task.name === 'arrange') return task.words.byteLength;
  const { rows, columns, samplesPerPixel, bitsAllocated } = task.image;
  return (rows * columns * samplesPerPixel * bitsAllocated) / 8;
}

/**
 * Bytes go over to the thread with their memory: a large frame that is copied holds up everybody else. A view would take
 * all of what it is a view of along, and is copied, unless that goes over anyway.
 */
function handedOver(task: PixelTask): [PixelTask, ArrayBuffer[]] {
  const values: unknown[] = Object.values(task);
  const memory = new Set(values.filter((value) => value instanceof Uint8Array && isWhole(value)).map(bufferOf));
  const entries = Object.entries(task).map(([name, value]) => {
    if (!(value instanceof Uint8Array) || memory.has(bufferOf(value))) return [name, value] as const;
    const bytes = new Uint8Array(value);
    memory.add(bytes.buffer);
    return [name, bytes] as const;
  });
  return [Object.fromEntries(entries) as unknown as PixelTask, [...memory]];
}

function bufferOf(bytes: unknown): ArrayBuffer {
  return (bytes as Uint8Array<ArrayBuffer>).buffer;
}

/** All of its memory, and no part of Node's pool for small buffers or of a block that is used again. */
function isWhole({ buffer, byteLength }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
}

function bytesOf(result: unknown): number {
  const values = result instanceof Uint8Array ? [result] : Object.values((result ?? {}) as object);
  return values.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.byteLength : 0), 0);
}

function errorOf({ name, message, stack }: { name: string; message: string; stack: string | undefined }): Error {
  if (name === 'CannotDecode') return new CannotDecode(message);
  if (name === 'CannotEncode') return new CannotEncode(message);
  return Object.assign(new Error(message), { name, stack });
}
