// The shell: who is signed in, which page stands at the address, and the viewer chunk fetched only when it is wanted.
import { render } from 'preact';
import { effect } from '@preact/signals';
import { LocationProvider, Route, Router, lazy, useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { LoadError } from './archive-client.ts';
import { LoginDialog, LoginPage } from './login/login.tsx';
import { Notice } from './notice.tsx';
import { PageHeader } from './page-header.tsx';
import { asked, resume, session } from './session.ts';
import { StudyListPage } from './study-list/study-list-page.tsx';
import { language, text } from './text.ts';

const ViewerPage = lazy(() => import('./reading-room/viewer-page.tsx'));
const UploadPage = lazy(() => import('./upload/upload-page.tsx'));

function App() {
  return (
    <LocationProvider>
      <Pages />
      <LoginDialog />
    </LocationProvider>
  );
}

function Pages() {
  const { path, url, route } = useLocation();
  const mustSignIn = asked.value && !session.value && path !== '/login';
  useEffect(() => {
    if (mustSignIn) route(url === '/' ? '/login' : `/login?then=${encodeURIComponent(url)}`, true);
  }, [mustSignIn]);
  if (!asked.value) return <Opening />;
  if (mustSignIn) return null;
  return (
    <Router>
      <Route path="/login" component={LoginPage} />
      <Route path="/" component={StudyList} />
      <Route path="/viewer" component={ViewerPage} />
      <Route path="/upload" component={UploadPage} />
      <Route default component={NotFound} />
    </Router>
  );
}

const StudyList = () => <StudyListPage preloadViewer={() => void ViewerPage.preload().catch(() => {})} />;

function Opening() {
  if (unreachable) return <Notice error={unreachable} retry={() => location.reload()} />;
  return <p class="opening">{text('loading')}</p>;
}

function NotFound() {
  return (
    <>
      <PageHeader />
      <Notice title={text('pageNotFound')} />
    </>
  );
}

let unreachable: LoadError | undefined;
const place = document.getElementById('app')!;

effect(() => {
  document.documentElement.lang = language.value;
});

resume().then(
  () => render(<App />, place),
  (error: unknown) => {
    unreachable = error as LoadError;
    render(<App />, place);
  },
);
