// The bar above the pages of the ward: where one is, where one can go, language, signing out.
import { useLocation } from 'preact-iso';
import { Icon } from './icons.tsx';
import { leave, session } from './session.ts';
import { switchLanguage, text } from './text.ts';

export function PageHeader() {
  const { path, route } = useLocation();
  const current = (there: string) => (path === there ? ('page' as const) : undefined);
  const signOut = async () => {
    await leave().catch(() => {}); // signing out of an archive that is away still ends at the login page
    session.value = undefined;
    route('/login');
  };
  return (
    <header class="page-header">
      <a class="skip" href="#content">
        {text('skipToContent')}
      </a>
      <a class="brand" href="/">
        <BrandMark />
        <span>{text('lightbox')}</span>
      </a>
      <nav>
        <a href="/" aria-current={current('/')} aria-label={text('studies')}>
          <Icon name="list" />
          <span>{text('studies')}</span>
        </a>
        <a href="/upload" aria-current={current('/upload')} aria-label={text('upload')}>
          <Icon name="upload" />
          <span>{text('upload')}</span>
        </a>
      </nav>
      <div class="page-header-end">
        <LanguageButton />
        {session.value && (
          <button type="button" class="plain" onClick={signOut} title={session.value.name}>
            <Icon name="signOut" />
            <span>{text('signOut')}</span>
          </button>
        )}
      </div>
    </header>
  );
}

export function LanguageButton() {
  return (
    <button
      type="button"
      class="plain"
      onClick={switchLanguage}
      lang={text('switchLanguage') === 'English' ? 'en' : 'vi'}
    >
      {text('switchLanguage')}
    </button>
  );
}

export function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M9 7h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z" />
      <path class="ribs" d="M16 10v12M11 12.5c2 0 3.5.5 5 2 1.5-1.5 3-2 5-2M11 17c2 0 3.5.5 5 2 1.5-1.5 3-2 5-2" />
    </svg>
  );
}
