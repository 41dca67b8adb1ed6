// Which page stands at the address. Links of ours change the page without loading it anew; a page's code comes when it is
// wanted, and when it does not come that is said.
import { computed, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { loadError, LoadError } from './archive-client.ts';
import { Notice } from './notice.tsx';
import { text } from './text.ts';

const url = signal(location.pathname + location.search);
const path = computed(() => url.value.replace(/\?.*$/, '').replace(/(.)\/$/, '$1'));
const query = computed(() => Object.fromEntries(new URLSearchParams(url.value.replace(/^[^?]*/, ''))));

/** How far down each page was when it was left. */
const scrolled = new Map<string, number>();

/** Where the page was when it was left; to be called when it is there again. */
export function scrollBack(page: string): void {
  const top = scrolled.get(page);
  if (top !== undefined) scrollTo(0, top);
}

/** Goes to an address of ours. @param replace  the present one is not come back to */
function route(to: string, replace = false): void {
  scrolled.set(path.value, scrollY);
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  url.value = to;
  if (!replace) scrollTo(0, 0);
}

/** Reading it in a component shows the component anew when the address changes. */
export function useLocation() {
  return { url: url.value, path: path.value, query: query.value, route };
}

/** Called once, by the shell: follows links and the browser's buttons. */
export function useBrowserAddress(): void {
  useEffect(() => {
    const onPopState = () => (url.value = location.pathname + location.search);
    addEventListener('popstate', onPopState);
    addEventListener('click', followLink);
    return () => {
      removeEventListener('popstate', onPopState);
      removeEventListener('click', followLink);
    };
  }, []);
}

/** Of the first button and no key beside it. */
export const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

/** Everything that a browser does differently with a link (another tab, a download, another place of the page) stays its own. */
function followLink(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[href]');
  if (!link || !isPlain(event) || event.defaultPrevented) return;
  if (link.origin !== location.origin || link.hasAttribute('download') || link.getAttribute('href')!.startsWith('#'))
    return;
  if (link.target && link.target !== '_self') return;
  event.preventDefault();
  route(link.pathname + link.search);
}

export interface LazyPage {
  Page: ComponentType;
  /** Fetches the page's code beforehand; a failure shows when the page is opened. */
  preload: () => void;
}

/** A page whose code is fetched when it is shown first. */
export function lazyPage(load: () => Promise<{ default: ComponentType }>): LazyPage {
  const loaded = signal<ComponentType | undefined>(undefined);
  const failed = signal<LoadError | undefined>(undefined);
  let loading: Promise<void> | undefined;
  const fetch = () => {
    failed.value = undefined;
    loading ??= load().then(
      (module) => void (loaded.value = module.default),
      (error: unknown) => {
        loading = undefined;
        const known = loadError(error);
        // An archive that was updated has no longer the files that an open page knows: loading anew brings the new ones.
        failed.value = known.trouble === 'cannotDraw' ? new LoadError('notUnderstood', { cause: error }) : known;
      },
    );
  };
  function Page() {
    // At once: an effect waits until the page is painted, which on a weak computer is a third of a second.
    useLayoutEffect(fetch, []);
    const Loaded = loaded.value;
    if (Loaded) return <Loaded />;
    if (failed.value) return <Notice error={failed.value} retry={() => location.reload()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  return { Page, preload: fetch };
}
