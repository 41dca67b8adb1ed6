// Signing in: as a page, and as a dialog over whatever is open when a session has ended, so that nothing is lost.
import { useSignal } from '@preact/signals';
import { useLocation } from '../router.tsx';
import { useEffect, useRef } from 'preact/hooks';
import { loadError, type LoadError } from '../archive-client.ts';
import { openModal } from '../modal-dialog.ts';
import { BrandMark, LanguageButton } from '../page-header.tsx';
import { ended, enter, session } from '../session.ts';
import { text } from '../text.ts';

export function LoginPage() {
  const { query, route } = useLocation();
  const next = pathOnThisSite(query['then']);
  useEffect(() => {
    if (session.value) route(next, true);
  }, []);
  return (
    <main class="login-page" id="content">
      <div class="login-card">
        <div class="login-brand">
          <BrandMark />
          <h1>{text('lightbox')}</h1>
          <p class="quiet">{text('signInLead')}</p>
        </div>
        <LoginForm onEntered={() => route(next, true)} />
      </div>
      <LanguageButton />
    </main>
  );
}

export function LoginDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (ended.value) openModal(dialog.current);
    else dialog.current?.close();
  }, [ended.value]);
  return (
    <dialog ref={dialog} class="login-dialog" onCancel={(event) => event.preventDefault()}>
      {ended.value && (
        <>
          <h2>{text('signIn')}</h2>
          <p>{text('signInAgain')}</p>
          <LoginForm name={session.value?.name ?? ''} onEntered={() => {}} />
        </>
      )}
    </dialog>
  );
}

function LoginForm({ name = '', onEntered }: { name?: string; onEntered: () => void }) {
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  const shown = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    busy.value = true;
    error.value = undefined;
    try {
      await enter(String(form.get('name')).trim(), String(form.get('password')));
      onEntered();
    } catch (thrown) {
      error.value = loadError(thrown);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="login-form" onSubmit={submit}>
      <label>
        {text('accountName')}
        <input
          name="name"
          required
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          defaultValue={name}
          autofocus={name === ''}
        />
      </label>
      <label>
        {text('password')}
        <input
          name="password"
          required
          type={(shown.value ? 'text' : 'password') as 'password'}
          autocomplete="current-password"
          autofocus={name !== ''}
        />
      </label>
      <label class="check">
        <input type="checkbox" onChange={(event) => (shown.value = event.currentTarget.checked)} />
        {text('showPassword')}
      </label>
      {error.value && (
        <p class="form-error" role="alert">
          {error.value.detail ?? text(error.value.trouble)}
        </p>
      )}
      <button type="submit" class="main" disabled={busy.value}>
        {busy.value ? text('signingIn') : text('signIn')}
      </button>
    </form>
  );
}

/** Only an address of ours may be gone to after signing in, whatever the link said. */
function pathOnThisSite(then: string | undefined): string {
  return then && /^\/(?![/\\])/.test(then) ? then : '/';
}
