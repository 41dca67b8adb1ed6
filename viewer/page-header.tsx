// The bar above the pages of the ward: where one is, where one can go, language, signing out.
import { useEffect } from 'preact/hooks';
import { useLocation } from './router.tsx';
import { Icon, type IconName } from './icons.tsx';
import type { Session } from './archive-client.ts';
import { leave, session } from './session.ts';
import { alerts, listenForAlerts } from './study-list/live.ts';
import { language, switchLanguage, text, type Msg } from './text.ts';

/** `right`: who may not use a page does not see it. */
const pages: readonly { to: string; name: Msg; icon: IconName; right?: string }[] = [
  { to: '/', name: 'studies', icon: 'list' },
  { to: '/worklist', name: 'worklist', icon: 'calendar', right: 'store' },
  { to: '/upload', name: 'upload', icon: 'upload', right: 'store' },
  { to: '/devices', name: 'devices', icon: 'device', right: 'manage' },
  { to: '/sends', name: 'sending', icon: 'send', right: 'manage' },
  { to: '/accounts', name: 'accounts', icon: 'people', right: 'manage' },
  { to: '/status', name: 'status', icon: 'pulse', right: 'manage' },
];

export function PageHeader() {
  const { path, route } = useLocation();
  const shown = pages.filter(({ right }) => !right || session.value?.rights.includes(right));
  // The stream of news is for who may read.
  const isTold = ['manage', 'read'].every((right) => session.value?.rights.includes(right));
  useEffect(() => (isTold ? listenForAlerts() : undefined), [isTold]);
  const warns = (there: string) => there === '/status' && alerts.value.length > 0;
  const current = (there: string) => (path === there ? ('page' as const) : undefined);
  // Of an archive that is away one signs out too; then there is no page to be loaded.
  const signOut = () =>
    leave().catch(() => {
      session.value = undefined;
      route('/login');
    });
  return (
    <header class={shown.length > 5 ? 'page-header many' : 'page-header'}>
      <a class="skip" href="#content">
        {text('skipToContent')}
      </a>
      <a class="brand" href="/" aria-label={text('lightbox')}>
        <BrandMark />
        <span>{text('lightbox')}</span>
      </a>
      <nav aria-label={text('pages')}>
        {shown.map(({ to, name, icon }) => (
          <a
            key={to}
            href={to}
            class={warns(to) ? 'warns' : undefined}
            aria-current={current(to)}
            aria-label={text(warns(to) ? 'statusWarns' : name)}
          >
            <Icon name={icon} />
            <span>{text(name)}</span>
          </a>
        ))}
      </nav>
      <div class="page-header-end">
        <LanguageButton isShort />
        {session.value && (
          <>
            <OwnAccount {...session.value} />
            <button type="button" class="plain" onClick={signOut} title={text('signOut')} aria-label={text('signOut')}>
              <Icon name="signOut" />
              <span>{text('signOut')}</span>
            </button>
          </>
        )}
      </div>
    </header>
  );
}

/** Whose session it is, and the way to another password: offered to who has not chosen one. */
function OwnAccount({ name, passwordGenerated }: Session) {
  const what = `${name} ${text('changePassword')}`;
  return (
    <a class={passwordGenerated ? 'own offer' : 'own'} href="/password" title={what} aria-label={what}>
      <Icon name="person" />
      <span>
        {name} <small>{text('changePassword')}</small>
      </span>
    </a>
  );
}

/** @param isShort  two letters where the screen is narrow */
export function LanguageButton({ isShort = false }: { isShort?: boolean }) {
  const name = text('switchLanguage');
  const other = language.value === 'vi' ? 'en' : 'vi';
  return (
    <button type="button" class="plain" onClick={switchLanguage} lang={other} title={name}>
      {isShort ? (
        <>
          <span class="on-wide">{name}</span>
          <span class="on-narrow">{other.toUpperCase()}</span>
        </>
      ) : (
        name
      )}
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
