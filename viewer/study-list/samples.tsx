// Offers the samples to whoever has an archive with nothing in it, and shows how far they have come. They arrive in the list
// as everything does.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { json, loadError, type LoadError } from '../archive-client.ts';
import { number } from '../format.ts';
import { addTexts, text } from '../text.ts';
import { samplesTexts } from '../texts/samples.ts';
import '../style/progress.css';

addTexts(samplesTexts);

interface SamplesState {
  offered: boolean;
  loading: boolean;
  /** A problem's code, when the last loading ended early. */
  failed: string | null;
  kept: number;
  total: number;
}

const lookEveryMs = 700;

// Beside the components: the offer stands in the empty list, the progress above the rows that come meanwhile.
const state = signal<SamplesState | undefined>(undefined);
const error = signal<LoadError | undefined>(undefined);

async function ask(body?: object): Promise<void> {
  try {
    state.value = await json<SamplesState>('/api/samples', body && { body });
    error.value = undefined;
  } catch (thrown) {
    error.value = loadError(thrown);
  }
}

export function SamplesOffer() {
  useEffect(() => {
    void ask();
  }, []);
  const now = state.value;
  useEffect(() => {
    if (!now?.loading) return;
    const timer = setTimeout(ask, lookEveryMs);
    return () => clearTimeout(timer);
  }, [now]);
  if (!now?.offered) return null;
  const { kept, total, loading, failed } = now;
  return (
    <section class="samples-offer" aria-label={text('samples')}>
      {loading ? (
        <>
          <p role="status">{text('samplesLoading', { kept: number(kept), total: number(total) })}</p>
          <progress value={kept} max={total} aria-label={text('samples')} />
        </>
      ) : (
        <>
          {failed && <p class="bad">{text('samplesFailed', { why: text(whyOf(failed)) })}</p>}
          <p class="quiet">
            {kept > 0 ? text('samplesCutOff', { kept: number(kept), total: number(total) }) : text('samplesWhy')}
          </p>
          <button type="button" onClick={() => void ask({})}>
            {text(kept > 0 ? 'samplesGoOn' : 'samplesLoad')}
          </button>
        </>
      )}
      {error.value && <p role="alert">{text(error.value.trouble)}</p>}
    </section>
  );
}

const whyOf = (code: string) => (code === 'outOfResources' || code === 'unavailable' ? 'archiveBusy' : 'archiveFailed');
