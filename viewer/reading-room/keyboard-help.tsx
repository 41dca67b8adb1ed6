// What mouse, fingers and keys do, that of the hand in use first, made from the list of tools so that it cannot be out of date.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { openModal } from '../modal-dialog.ts';
import { text, type Msg } from '../text.ts';
import { tools } from '../tools/all.ts';
import { keyName } from './key-name.ts';
import { inMenu } from './more-choice.tsx';

const buttons: Msg[] = ['mouseLeft', 'mouseMiddle', 'mouseRight'];

export function KeyboardHelp({ open, close }: { open: boolean; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) openModal(dialog.current);
    else dialog.current?.close();
  }, [open]);
  const ofMouse = tools.flatMap((tool): [string, string][] =>
    tool.kind === 'drag' && tool.button !== undefined ? [[text(buttons[tool.button]!), text(tool.name)]] : [],
  );
  const byTouch = matchMedia('(pointer: coarse)').matches;
  const ofKeys = tools
    .filter(({ keys }) => keys.length > 0)
    .map((tool): [string, string] => [keysOf(tool.keys), text(tool.name)]);
  const touch = (
    <Part
      title={text('helpTouch')}
      lines={[
        [text('touchOne'), text('toolScroll')],
        [text('touchPinch'), text('toolZoom')],
        [text('touchTwo'), text('toolPan')],
        [text('touchHold'), text('toolWindow')],
        [text('touchDouble'), text('viewportAlone')],
        [text('moreTools'), [text('hideWords'), ...inMenu.map(({ name }) => text(name))].join(', ')],
      ]}
    />
  );
  return (
    <dialog ref={dialog} class="help-dialog" onClose={close} aria-labelledby="help-title">
      {open && (
        <>
          <header>
            <h2 id="help-title">{text('help')}</h2>
            <button type="button" class="plain" onClick={close} aria-label={text('close')}>
              <Icon name="close" />
            </button>
          </header>
          <div class="help-columns">
            {byTouch && touch}
            <Part
              title={text('helpMouse')}
              lines={[
                ...ofMouse,
                [text('mouseWheel'), text('toolScroll')],
                [text('mouseWheelCtrl'), text('jumpImages')],
                [text('mouseShift'), text('findPoint')],
                [text('mouseDouble'), text('viewportAlone')],
              ]}
            />
            {!byTouch && touch}
            <Part
              title={text('helpKeys')}
              lines={[
                ...ofKeys,
                ['→', text('nextSeries')],
                ['←', text('previousSeries')],
                ['N', text('nextViewport')],
                ['Enter', text('viewportAlone')],
                ['K', text('linkScroll')],
                ['X', text('referenceLines')],
                ['U', text('hideWords')],
                ['Esc', text('escapeSteps')],
                ['Ctrl+P', text('printShown')],
                ['?', text('help')],
              ]}
            />
          </div>
        </>
      )}
    </dialog>
  );
}

function Part({ title, lines }: { title: string; lines: [string, string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {lines.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** 1 – 9 for a row of keys, otherwise each of them. */
const keysOf = (keys: readonly string[]) =>
  keys.length > 2 ? `${keyName(keys[0])} – ${keyName(keys.at(-1))}` : keys.map((key) => keyName(key)).join(', ');
