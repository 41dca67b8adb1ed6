// The files being uploaded: one STOW-RS request each, a few at a time, and what became of every one of them.
import { printedStatus } from '#dicom/dimse/status.ts';
import { batch, computed, effect, signal, type Signal } from '@preact/signals';
import { loadError, type LoadError, type Trouble } from '../archive-client.ts';
import { isCut, whenLineIsBack } from '../line-back.ts';
import type { Msg } from '../text.ts';
import type { Unread } from './dropped-files.ts';
import { storeFile, type StoreResult } from '../upload-client.ts';

export type Outcome =
  | { state: 'waiting' | 'stopped' | 'kept' }
  | { state: 'skipped'; reason: Msg }
  | { state: 'sending'; share: number }
  | { state: 'failed'; reason: Msg; code?: string; detail?: string | undefined };

export interface Upload {
  id: number;
  file: File;
  /** the path below what was dropped */
  path: string;
  outcome: Signal<Outcome>;
  /** How often the line was cut while it was sent. */
  cuts: number;
}

// Three keep the line busy while one waits for the archive's disk; browsers allow six connections for everything.
const atOnce = 3;
const preambleBytes = 132;
// With these the next file would fare no better: the rest waits for the reader to try again.
const concernsAll = new Set<Trouble>(['signedOut', 'notAllowed']);
/** A file that the line is cut for again and again may be why, as where something in between takes none so large. */
const mostCuts = 3;
/** Of these files the same bytes would fare no better. */
const final = new Set<Msg>([
  'tooBig',
  'fileEmpty',
  'fileUnreadable',
  'reasonMismatch',
  'reasonNotUnderstood',
  'reasonNotSupported',
]);

export const uploads = signal<Upload[]>([]);
/** What was dropped beside them and could not be read. */
export const unread = signal<readonly Unread[]>([]);
/** Bumped when any file changes state, so that counts need not watch thousands of signals. */
const changes = signal(0);

export const counts = computed(() => {
  void changes.value;
  const total = { waiting: 0, sending: 0, stopped: 0, kept: 0, skipped: 0, failed: 0, bytes: 0, bytesDone: 0 };
  for (const { outcome, file } of uploads.value) {
    const { state } = outcome.peek();
    total[state] += 1;
    total.bytes += file.size;
    if (state === 'kept' || state === 'skipped' || state === 'failed') total.bytesDone += file.size;
  }
  return total;
});

/** Why nothing is sent at present, though files wait: it goes on by itself. */
export const paused = signal<LoadError | undefined>(undefined);

const isUnderWay = computed(() => counts.value.waiting + counts.value.sending > 0);

/** The browser asks before it closes a tab that is still sending, whichever page of ours stands there. */
effect(() => {
  if (!isUnderWay.value) return undefined;
  const ask = (event: BeforeUnloadEvent) => {
    event.preventDefault();
    event.returnValue = true; // Chromium before 119 and Safari go by this
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
});

/** The uploads in one state, in the order they were chosen. */
export function inState(state: Outcome['state']): Upload[] {
  void changes.value;
  return uploads.value.filter(({ outcome }) => outcome.peek().state === state);
}

let lastId = 0;
let sending = 0;
let stop = new AbortController();
let stopWaiting: () => void = () => {};

export function add(files: { file: File; path: string }[], notRead: readonly Unread[] = []): void {
  const added = files.map((chosen) => ({
    ...chosen,
    id: ++lastId,
    cuts: 0,
    outcome: signal<Outcome>({ state: 'waiting' }),
  }));
  batch(() => {
    uploads.value = [...uploads.value, ...added];
    unread.value = [...unread.value, ...notRead];
  });
  pump();
}

/** Those of which more may come when they are sent again. */
export const retriable = computed(() => {
  const failed = inState('failed').filter(({ outcome }) => !isFinal(outcome.peek()));
  return [...inState('stopped'), ...failed];
});

const isFinal = (outcome: Outcome) => outcome.state === 'failed' && final.has(outcome.reason);

export function retry(): void {
  batch(() => {
    for (const upload of retriable.peek()) {
      upload.cuts = 0;
      settle(upload, { state: 'waiting' });
    }
  });
  pump();
}

/** Stops sending; what is on its way is cut, and counts as not kept unless the archive answered. */
export function stopAll(): void {
  stop.abort();
  stop = new AbortController();
  stopWaiting();
  batch(() => {
    paused.value = undefined;
    for (const upload of inState('waiting')) settle(upload, { state: 'stopped' });
  });
}

export function clearList(): void {
  batch(() => {
    uploads.value = [];
    unread.value = [];
  });
}

function pump(): void {
  while (sending < atOnce && !paused.peek()) {
    const waiting = inState('waiting');
    const next = waiting.find(({ cuts }) => cuts === 0) ?? waiting[0];
    if (!next) return;
    sending += 1;
    settle(next, { state: 'sending', share: 0 });
    void send(next, stop.signal).then((outcome) => {
      sending -= 1;
      settle(next, outcome);
      pump();
    });
  }
}

/** Until the archive answers again. */
function pause(error: LoadError): void {
  if (paused.peek()) return;
  paused.value = error;
  stopWaiting = whenLineIsBack(() => {
    paused.value = undefined;
    pump();
  });
}

async function send(upload: Upload, signal: AbortSignal): Promise<Outcome> {
  try {
    // Of a copy that broke off: it was an image perhaps, so it is not passed over like what is none.
    if (upload.file.size === 0) return { state: 'failed', reason: 'fileEmpty' };
    if (!(await looksLikeDicom(upload.file))) return { state: 'skipped', reason: whySkipped(upload.file) };
    if (signal.aborted) return { state: 'stopped' };
    const onProgress = (share: number) => (upload.outcome.value = { state: 'sending', share });
    return asOutcome(await storeFile(upload.file, onProgress, signal));
  } catch (error) {
    if (signal.aborted) return { state: 'stopped' };
    // The File API's own errors: the disk was pulled out, or the file changed after it was chosen.
    if (error instanceof DOMException) return { state: 'failed', reason: 'fileUnreadable' };
    const known = loadError(error);
    const { trouble, detail } = known;
    if (concernsAll.has(trouble)) stopAll();
    if ((isCut(known) || trouble === 'archiveBusy') && ++upload.cuts <= mostCuts) {
      pause(known);
      return { state: 'waiting' };
    }
    return { state: 'failed', reason: trouble, detail };
  }
}

/** By its prefix (PS3.10 7.1), its first element or its name; a DICOMDIR is no image. */
async function looksLikeDicom(file: File): Promise<boolean> {
  if (isDirectory(file)) return false;
  const start = new Uint8Array(await file.slice(0, preambleBytes).arrayBuffer());
  const isPrefix = (at: number) => String.fromCharCode(...start.subarray(at, at + 4)) === 'DICM';
  return isPrefix(128) || isPrefix(0) || startsAsElement(start) || /\.(dcm|dicom)$/i.test(file.name);
}

/**
 * Old devices write no preamble (PS3.10 7.1), or no file meta information either, and the archive reads that: then a short element of
 * group 0002 or 0008 comes first, in one of the three uncompressed encodings.
 */
function startsAsElement([low, high, least, most, ...rest]: Uint8Array): boolean {
  const hasVR = rest.slice(0, 2).every((byte) => byte >= 0x41 && byte <= 0x5a);
  if (low === 0) return high === 8 && least === 0 && hasVR;
  const isShort = rest[2] === 0 && rest[3] === 0;
  return (low === 2 || low === 8) && high === 0 && most === 0 && (hasVR || isShort);
}

/** PS3.10 8.6 */
const isDirectory = ({ name }: File) => /^dicomdir$/i.test(name);

/** Images may be in what is packed: who uploads it should not believe that it was none. */
function whySkipped(file: File): Msg {
  if (isDirectory(file)) return 'skippedDirectory';
  return /\.(zip|rar|7z|tar|tgz|gz|bz2|xz|iso)$/i.test(file.name) ? 'skippedPacked' : 'fileSkipped';
}

/** Failure Reasons (PS3.18 Table 10.5.3-2): the families the standard names, in words. */
function asOutcome(result: StoreResult): Outcome {
  if (result.kept) return { state: 'kept' };
  const code = result.failureReason ?? 0x0110;
  const family = code & 0xff00;
  if (family === 0xa700) return { state: 'failed', reason: 'reasonOutOfSpace' };
  if (family === 0xa900) return { state: 'failed', reason: 'reasonMismatch' };
  if (code >= 0xc000) return { state: 'failed', reason: 'reasonNotUnderstood' };
  if (code === 0x0122 || code === 0x0124) return { state: 'failed', reason: 'reasonNotSupported' };
  return { state: 'failed', reason: 'reasonUnknown', code: printedStatus(code) };
}

function settle(upload: Upload, outcome: Outcome): void {
  batch(() => {
    upload.outcome.value = outcome;
    changes.value += 1;
  });
}
