// The sending page, for administrators: what is sent to devices and how far it is, and the rules that ask for it.
import { useEffect } from 'preact/hooks';
import { keepFocus } from '../keep-focus.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import type { SendState } from '../sending-client.ts';
import { number } from '../format.ts';
import { addTexts, text } from '../text.ts';
import { sendingTexts } from '../texts/sending.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import '../style/progress.css';
import '../style/sending.css';
import * as now from './current-sends.ts';
import { Routes } from './routes.tsx';
import { SendRow, stateWords } from './send-row.tsx';

addTexts(sendingTexts);

const states: readonly (SendState | undefined)[] = [undefined, 'running', 'waiting', 'failed', 'done', 'cancelled'];

export default function SendsPage() {
  useEffect(() => now.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('sending')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <Current />
      </main>
    </>
  );
}

function Current() {
  const { list, error, chosen } = now;
  if (!list.value) {
    if (error.value) return <Notice error={error.value} retry={() => void now.refresh()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  const { sends, counts, asked } = list.value;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { state: chosenState, text: typed = '' } = chosen.value;
  return (
    <>
      <div class="page-title">
        <div>
          <h1>{text('sending')}</h1>
          <p class="quiet">{text('sendingLead')}</p>
        </div>
      </div>
      <Warnings error={error.value} />
      <section class="panel" aria-labelledby="sends">
        <h2 id="sends">{text('sends')}</h2>
        {all === 0 && !asked.text && typed === '' ? (
          <p class="quiet">
            {text('noSends')}. {text('noSendsNext')}
          </p>
        ) : (
          <>
            <form class="send-search" role="search" onSubmit={(event) => event.preventDefault()}>
              <input
                type="search"
                value={typed}
                maxLength={200}
                placeholder={text('sendSearchHint')}
                aria-label={text('sendSearch')}
                title={text('sendSearch')}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                onInput={(event) => now.choose({ ...chosen.value, text: event.currentTarget.value })}
              />
            </form>
            <div class="send-states" role="group" aria-labelledby="sends">
              {states.map((state) => (
                <button
                  key={state ?? 'all'}
                  type="button"
                  aria-pressed={chosenState === state}
                  onClick={() => now.choose({ text: typed, ...(state && { state }) })}
                >
                  {text(state ? stateWords[state] : 'allSends')}{' '}
                  <span class="quiet">{number(state ? counts[state] : all)}</span>
                </button>
              ))}
            </div>
            <ul class="device-list" data-busy={asked !== chosen.value}>
              {sends.map((send) => (
                <SendRow key={send.id} send={send} />
              ))}
            </ul>
            {sends.length === 0 && <p class="quiet">{text(asked.text ? 'noSendsFound' : 'noSendsOfState')}</p>}
            {sends.length < (asked.state ? counts[asked.state] : all) && (
              <p class="quiet">{text('sendsCut', { n: number(sends.length) })}</p>
            )}
          </>
        )}
      </section>
      <Routes />
    </>
  );
}
