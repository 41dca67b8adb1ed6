// The files being uploaded: one STOW-RS request each, a few at a time, and what became of every one of them.
import { batch, computed, effect, signal, type Signal } from '@preact/signals';
import { loadError, type Trouble } from '../archive-client.ts';
import type { Msg } from '../text.ts';
import { storeFile, type StoreResult } from '../upload-client.ts';

export type Outcome =
  | { state: 'waiting' | 'kept' | 'skipped' }
  | { state: 'sending'; share: number }
  | { state: 'failed'; reason: Msg; code?: string; detail?: string | undefined };

export interface Upload {
  id: number;
  file: File;
  /** the path below what was dropped */
  path: string;
  outcome: Signal<Outcome>;
}

// Three keep the line busy while one waits for the archive's disk; browsers allow six connections for everything.
const atOnce = 3;
const preambleBytes = 132;
// With these the next file would fare no better: the rest waits for the reader to try again.
const concernsAll = new Set<Trouble>(['signedOut', 'notAllowed', 'unreachable']);

export const uploads = signal<Upload[]>([]);
/** Bumped when any file changes state, so that counts need not watch thousands of signals. */
const changes = signal(0);

export const counts = computed(() => {
  void changes.value;
  const total = { waiting: 0, sending: 0, kept: 0, skipped: 0, failed: 0 };
  for (const { outcome } of uploads.value) total[outcome.peek().state] += 1;
  return total;
});

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

export function add(files: { file: File; path: string }[]): void {
  const added = files.map((chosen) => ({ ...chosen, id: ++lastId, outcome: signal<Outcome>({ state: 'waiting' }) }));
  uploads.value = [...uploads.value, ...added];
  pump();
}

export function retryFailed(): void {
  for (const upload of inState('failed')) settle(upload, { state: 'waiting' });
  pump();
}

/** Stops sending; what is on its way is cut, and counts as not kept unless the archive answered. */
export function stopAll(): void {
  stop.abort();
  stop = new AbortController();
  batch(() => {
    for (const upload of inState('waiting')) settle(upload, { state: 'failed', reason: 'uploadStopped' });
  });
}

export function clearList(): void {
  uploads.value = [];
}

function pump(): void {
  while (sending < atOnce) {
    const next = inState('waiting')[0];
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

async function send(upload: Upload, signal: AbortSignal): Promise<Outcome> {
  try {
    if (!(await looksLikeDicom(upload.file))) return { state: 'skipped' };
    if (signal.aborted) return { state: 'failed', reason: 'uploadStopped' };
    const onProgress = (share: number) => (upload.outcome.value = { state: 'sending', share });
    return asOutcome(await storeFile(upload.file, onProgress, signal));
  } catch (error) {
    if (signal.aborted) return { state: 'failed', reason: 'uploadStopped' };
    // The File API's own errors: the disk was pulled out, or the file changed after it was chosen.
    if (error instanceof DOMException) return { state: 'failed', reason: 'fileUnreadable' };
    const { trouble, detail } = loadError(error);
    if (concernsAll.has(trouble)) stopAll();
    return { state: 'failed', reason: trouble, detail };
  }
}

/** DICOM by its prefix (PS3.10 7.1), or by its name where an old device wrote no preamble; a DICOMDIR is no image. */
async function looksLikeDicom(file: File): Promise<boolean> {
  if (/^dicomdir$/i.test(file.name)) return false;
  const start = new Uint8Array(await file.slice(0, preambleBytes).arrayBuffer());
  if (String.fromCharCode(...start.subarray(128)) === 'DICM') return true;
  return /\.(dcm|dicom)$/i.test(file.name) && file.size > 0;
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
  return { state: 'failed', reason: 'reasonUnknown', code: code.toString(16).toUpperCase().padStart(4, '0') };
}

function settle(upload: Upload, outcome: Outcome): void {
  batch(() => {
    upload.outcome.value = outcome;
    changes.value += 1;
  });
}
