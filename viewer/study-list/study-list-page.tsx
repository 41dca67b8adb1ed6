// The page a ward opens first: search box, filters, and the studies found, newest first.
import { useEffect } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { number } from '../format.ts';
import { text } from '../text.ts';
import { SearchForm } from './search-form.tsx';
import { StudyTable } from './study-table.tsx';
import * as list from './study-search.ts';

/** @param preloadViewer  fetches the large viewer chunk; called when the list has nothing better to do */
export function StudyListPage({ preloadViewer }: { preloadViewer: () => void }) {
  useEffect(() => {
    void list.search(list.page.value ? { refresh: true } : {});
    return list.keepFresh();
  }, []);
  const found = list.page.value !== undefined;
  useEffect(() => {
    if (found) return whenIdle(preloadViewer);
  }, [found]);
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

function Found({ preloadViewer }: { preloadViewer: () => void }) {
  const { page, error, loading, isFiltered } = list;
  if (!page.value) {
    if (error.value) return <Notice error={error.value} retry={() => void list.search()} />;
    return <RowsToCome />;
  }
  const { studies, more } = page.value;
  if (studies.length === 0) return isFiltered.value ? <NothingFound /> : <NothingYet />;
  return (
    <>
      {error.value && (
        <p class="warning-line" role="status">
          <Icon name="warning" />
          {text('listOutdated', { error: text(error.value.trouble) })}
        </p>
      )}
      <StudyTable studies={studies} preloadViewer={preloadViewer} />
      <p class="list-end quiet" role="status">
        {text(more ? 'studiesShownMore' : 'studiesShown', { n: number(studies.length) })}
        {more && (
          <button type="button" disabled={loading.value} onClick={list.showMore}>
            {loading.value ? text('loading') : text('showMore')}
          </button>
        )}
      </p>
    </>
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
