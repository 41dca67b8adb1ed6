// A barcode or card scanner is a keyboard that types a whole code within a few tenths of a second and ends with Enter. What it
// reads goes to the search box wherever the focus is: a list of modalities would choose by its letters, a link be opened by its
// Enter. Only other text fields and dialogs keep what is typed into them.
import { isModalOpen } from '../modal-dialog.ts';

/** Nobody's fingers keep this up; scanners take 1 to 30 ms for a key. */
const meanMsAtMost = 50;
/**
 * A longer pause separates a code from what was typed before it. Within a code it separates nothing: the rest of a code that a
 * slow line to another desktop has held up is no code of its own.
 */
const pauseMs = 500;
/** Keys that a scanner may press between characters, as a letter with an accent needs them. Any other is a person's, who edits. */
const silent = new Set(['Shift', 'Alt', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified']);
/** So many characters that fast are a scanner at work; what it has read is a code from so many on. */
const startCharacters = 3;
const codeCharacters = 6;

type Key = Pick<KeyboardEvent, 'key' | 'timeStamp' | 'repeat' | 'ctrlKey' | 'metaKey'>;

/** What a key was: perhaps the first of a code; the one that shows a scanner at work; a code's Enter. */
export type Scanned =
  { readonly is: 'first' } | { readonly is: 'scanning' | 'code'; readonly characters: string } | undefined;

/** Tells a scanner from a person, key by key. */
export class ScannedKeys {
  #characters = '';
  #isScanning = false;
  #began = 0;
  #last = -Infinity;

  press({ key, timeStamp, repeat, ctrlKey, metaKey }: Key): Scanned {
    // A key that is held down comes as fast as a scanner's, and no scanner uses shortcuts.
    const isPerson = repeat || ctrlKey || metaKey || ([...key].length !== 1 && key !== 'Enter' && !silent.has(key));
    if (isPerson || (!this.#isScanning && timeStamp - this.#last > pauseMs)) this.#reset();
    if (isPerson) return undefined;
    this.#last = timeStamp;
    const characters = this.#characters;
    const isFast = timeStamp - this.#began <= meanMsAtMost * characters.length;
    if (key === 'Enter') {
      this.#reset();
      return isFast && characters.length >= codeCharacters ? { is: 'code', characters } : undefined;
    }
    if (silent.has(key)) return undefined;
    this.#characters += key;
    if (characters === '') {
      this.#began = timeStamp;
      return { is: 'first' };
    }
    if (!isFast || characters.length !== startCharacters - 1) return undefined;
    this.#isScanning = true;
    return { is: 'scanning', characters: this.#characters };
  }

  #reset(): void {
    this.#characters = '';
    this.#isScanning = false;
  }
}

/**
 * The number in a scanned code. Citizen and health-insurance cards hold fields separated by bars, the number first
 * (`number|old number|name|birth date|sex|address|issue date`); any other code is a number as it stands.
 */
export function numberIn(code: string): string {
  const fields = code.split('|');
  return (fields.length >= 3 ? fields[0]! : code).trim();
}

/**
 * Puts what a scanner types into the box.
 * @param onTyped  the beginning of a code that did not go to the box by itself
 * @param onCode   the number of a whole code
 * @returns what stops it
 */
export function listenForScanner(
  box: { readonly current: HTMLInputElement | null },
  { onTyped, onCode }: { onTyped: (characters: string) => void; onCode: (number: string) => void },
): () => void {
  const keys = new ScannedKeys();
  let putBack = () => {};
  const onKeyDown = (event: KeyboardEvent) => {
    const { target } = event;
    if (!box.current || !(target instanceof HTMLElement) || keepsWhatIsTyped(target, box.current)) return;
    const scanned = keys.press(event);
    if (scanned?.is === 'first') putBack = rememberChoice(target);
    else if (scanned?.is === 'scanning' && document.activeElement !== box.current) {
      event.preventDefault();
      putBack();
      box.current.value = scanned.characters;
      box.current.focus();
      onTyped(scanned.characters);
    } else if (scanned?.is === 'code') {
      event.preventDefault();
      box.current.focus();
      // What was typed fast before it, and replaced since, is none of the code.
      const { value } = box.current;
      const isReplaced = value !== '' && value.length < scanned.characters.length;
      onCode(numberIn(isReplaced ? value : scanned.characters));
    }
  };
  // Before anybody else hears the key.
  document.addEventListener('keydown', onKeyDown, { capture: true });
  return () => document.removeEventListener('keydown', onKeyDown, { capture: true });
}

function keepsWhatIsTyped(target: HTMLElement, box: HTMLInputElement): boolean {
  const isText = target.matches('textarea, [contenteditable], input:not([type=date], [type=checkbox], [type=radio])');
  return (isText && target !== box) || isModalOpen();
}

/** A list or a date has taken the first characters of a code for a choice by the time that it is known for one. */
function rememberChoice(target: HTMLElement): () => void {
  if (!(target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === 'date')))
    return () => {};
  const { value } = target;
  return () => {
    const isChanged = target.value !== value;
    target.value = value;
    if (isChanged) target.dispatchEvent(new Event('change', { bubbles: true }));
  };
}
