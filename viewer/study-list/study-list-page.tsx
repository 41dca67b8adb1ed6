// The page a ward opens first: search box, filters, and the studies found, newest first.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { number } from '../format.ts';
import { scrollBack } from '../router.tsx';
import { text } from '../text.ts';
import { isLive } from './live.ts';
import { SearchForm } from './search-form.tsx';
import { Samples } from './samples-loader.tsx';
import { StudyTable } from './study-table.tsx';
import * as list from './study-search.ts';

// So many studies the samples are at most; a longer list has others.
const sampleStudies = 4;
// So many rows are more than anybody looks through, and all that a weak PC should hold without being asked.
const mostRowsByThemselves = 1_000;

/** @param preloadViewer  fetches the large viewer chunk; called when the list has nothing better to do */
export function StudyListPage({ preloadViewer }: { preloadViewer: () => void }) {
  useLayoutEffect(() => scrollBack('/'), []);
  useEffect(() => {
    void (list.found.value ? list.refresh() : list.search());
    return list.keepFresh();
  }, []);
  useEffect(focusOpened, []);
  const isThere = list.found.value !== undefined;
  useEffect(() => {
    if (isThere) return whenIdle(preloadViewer);
  }, [isThere]);
  useEffect(() => {
    document.title = `${text('studies')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="study-list-page" id="content">
        <h1 class="unseen">{text('studies')}</h1>
        <SearchForm />
        <Found preloadViewer={preloadViewer} />
      </main>
    </>
  );
}

/** Whoever comes back from a study stands on its row. */
function focusOpened(): void {
  const { study } = list.opened;
  const row = study && document.querySelector<HTMLElement>(`tr[data-study="${CSS.escape(study)}"] a`);
  if (row) row.focus({ preventScroll: true });
}

function Found({ preloadViewer }: { preloadViewer: () => void }) {
  const { found, error, loading, isFiltered, news } = list;
  if (!found.value?.studies.length) {
    if (error.value) return <Notice error={error.value} retry={list.searchNow} />;
    // That nothing matches is said of what was answered, never of what is still asked.
    if (!found.value || loading.value === 'first') return <RowsToCome />;
    return isFiltered.value ? <NothingFound /> : <NothingYet />;
  }
  const { studies, next } = found.value;
  return (
    <>
      {error.value && (
        <p class="warning-line" role="status">
          <Icon name="warning" />
          {text('listOutdated', { error: text(error.value.trouble) })}
          <button type="button" onClick={list.again}>
            {text('retry')}
          </button>
        </p>
      )}
      <HowMany />
      {!isFiltered.value && found.value.total <= sampleStudies && <Samples />}
      <div class="study-rows" data-busy={loading.value === 'first'}>
        <StudyTable studies={studies} news={news.value} preloadViewer={preloadViewer} />
      </div>
      {next && <More />}
    </>
  );
}

function HowMany() {
  const { total, totalIsExact } = list.found.value!;
  return (
    <p class="how-many quiet">
      <span role="status">
        {text(totalIsExact ? 'studiesFound' : 'studiesFoundMany', { n: number(total) })}
        {list.waiting.value && ` · ${text('studiesWaiting')}`}
      </span>
      {isLive.value && !list.error.value && (
        <span class="live" title={text('liveWhy')}>
          {text('live')}
        </span>
      )}
    </p>
  );
}

/** Comes by itself before the reader gets there; after many rows, a failure, and for the keyboard, by the button. */
function More() {
  const end = useRef<HTMLParagraphElement>(null);
  const { found, loading, endError } = list;
  const rows = found.value!.studies.length;
  const error = endError.value;
  useEffect(() => {
    if (error || rows >= mostRowsByThemselves) return;
    const watch = new IntersectionObserver(([seen]) => seen?.isIntersecting && void list.showMore(), {
      rootMargin: '800px',
    });
    watch.observe(end.current!);
    return () => watch.disconnect();
  }, [rows, error]);
  return (
    <p class="list-end quiet" role={error && 'alert'} ref={end}>
      {error ? text(error.trouble) : text('studiesShownMore', { n: number(rows) })}
      <button type="button" disabled={loading.value !== undefined} onClick={list.showMore}>
        {text(loading.value === 'more' ? 'loading' : error ? 'retry' : 'showMore')}
      </button>
    </p>
  );
}

function NothingYet() {
  return (
    <Notice icon="image" title={text('listEmpty')}>
      <p>{text('listEmptyNext')}</p>
      <a class="button" href="/upload">
        <Icon name="upload" />
        {text('upload')}
      </a>
      <Samples />
    </Notice>
  );
}

function NothingFound() {
  return (
    <Notice icon="search" title={text('nothingFound')}>
      <p>{text('nothingFoundNext')}</p>
      <button type="button" onClick={list.clearCriteria}>
        {text('clearFilters')}
      </button>
    </Notice>
  );
}

function RowsToCome() {
  return (
    <div class="rows-to-come" role="status" aria-label={text('loading')}>
      {Array.from({ length: 6 }, (_, row) => (
        <div key={row} />
      ))}
    </div>
  );
}

/** Safari has no requestIdleCallback; a second's pause serves there. A reader who saves data fetches on opening only. */
function whenIdle(work: () => void): (() => void) | undefined {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData) return undefined;
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(work, 1000);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(work);
  return () => cancelIdleCallback(handle);
}
