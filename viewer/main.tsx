// The shell: who is signed in, which page stands at the address, and the viewer chunk fetched only when it is wanted.
import './older-browsers.ts';
import { render, type ComponentType } from 'preact';
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { LoadError } from './archive-client.ts';
import { LoginDialog, LoginPage } from './login/login.tsx';
import { Notice } from './notice.tsx';
import { PageHeader } from './page-header.tsx';
import { lazyPage, useBrowserAddress, useLocation } from './router.tsx';
import { asked, resume, session } from './session.ts';
import { StudyListPage } from './study-list/study-list-page.tsx';
import { language, text } from './text.ts';

const askAgainMs = 5_000;
const unreachable = signal<LoadError | undefined>(undefined);

const viewer = lazyPage(() => import('./reading-room/viewer-page.tsx'));

const pages: Readonly<Record<string, ComponentType>> = {
  '/': () => <StudyListPage preloadViewer={viewer.preload} />,
  '/login': LoginPage,
  '/viewer': viewer.Page,
  '/worklist': lazyPage(() => import('./worklist/worklist-page.tsx')).Page,
  '/upload': lazyPage(() => import('./upload/upload-page.tsx')).Page,
  '/devices': lazyPage(() => import('./devices/devices-page.tsx')).Page,
  '/sends': lazyPage(() => import('./sending/sends-page.tsx')).Page,
  '/rejections': lazyPage(() => import('./rejections/rejections-page.tsx')).Page,
  '/accounts': lazyPage(() => import('./accounts/accounts-page.tsx')).Page,
  '/password': lazyPage(() => import('./own-password/own-password-page.tsx')).Page,
  '/status': lazyPage(() => import('./status/status-page.tsx')).Page,
};

function App() {
  useBrowserAddress();
  return (
    <>
      <CurrentPage />
      <LoginDialog />
    </>
  );
}

function CurrentPage() {
  const { path, url, route } = useLocation();
  const mustSignIn = asked.value && !session.value && path !== '/login';
  useEffect(() => {
    if (mustSignIn) route(url === '/' ? '/login' : `/login?then=${encodeURIComponent(url)}`, true);
  }, [mustSignIn]);
  if (!asked.value) return <Opening />;
  if (mustSignIn) return null;
  const Page = pages[path] ?? NotFound;
  return <Page key={path} />;
}

function Opening() {
  if (unreachable.value) return <Notice error={unreachable.value} retry={() => location.reload()} />;
  return <p class="opening">{text('loading')}</p>;
}

function NotFound() {
  document.title = text('lightbox');
  return (
    <>
      <PageHeader />
      <Notice title={text('pageNotFound')} />
    </>
  );
}

// A link to a study: the viewer comes while the archive says who is signed in.
if (location.pathname === '/viewer') viewer.preload();

effect(() => {
  document.documentElement.lang = language.value;
});

/** A page that was opened before the archive was ready, as on the wall of a ward, comes by itself. */
const begin = (): Promise<void> =>
  resume().catch((error: unknown) => {
    unreachable.value = error as LoadError;
    setTimeout(begin, askAgainMs);
  });

void begin().then(() => render(<App />, document.getElementById('app')!));
