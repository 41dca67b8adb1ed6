// Where everybody changes his own password; who has one that the archive made is offered to.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { json, loadError, LoadError } from '../archive-client.ts';
import { Field } from '../form-field.tsx';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { resume, session } from '../session.ts';
import { addTexts, text, type Msg } from '../text.ts';
import { ownPasswordTexts } from '../texts/own-password.ts';
import '../style/administration.css';

addTexts(ownPasswordTexts);

/** As the archive has them. */
const fewestCharacters = 8;
const mostCharacters = 128;

export default function OwnPasswordPage() {
  const isChanged = useSignal(false);
  useEffect(() => {
    document.title = `${text('changePassword')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration narrow" id="content">
        {isChanged.value ? (
          <Notice icon="done">
            <h1>{text('passwordChanged')}</h1>
            <p>{text('passwordChangedNext')}</p>
            <a class="button" href="/">
              {text('toStudies')}
            </a>
          </Notice>
        ) : (
          <PasswordForm onChanged={() => (isChanged.value = true)} />
        )}
      </main>
    </>
  );
}

function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const { name = '', passwordGenerated = false } = session.value ?? {};
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  const shown = useSignal(false);
  const reason = useRef<HTMLParagraphElement>(null);
  useEffect(() => reason.current?.scrollIntoView({ block: 'center' }), [error.value]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [oldPassword, newPassword, again] = ['old', 'new', 'again'].map((field) => String(form.get(field)));
    busy.value = true;
    error.value = undefined;
    try {
      if (newPassword !== again) throw ownFault('passwordsDiffer');
      if (newPassword === oldPassword) throw ownFault('passwordIsOld');
      if (newPassword!.toLowerCase() === name.toLowerCase()) throw ownFault('passwordIsName');
      await json<void>('/api/password', { method: 'PUT', body: { oldPassword, newPassword } });
      await resume();
      onChanged();
    } catch (thrown) {
      error.value = loadError(thrown);
    } finally {
      busy.value = false;
    }
  };
  const type = (shown.value ? 'text' : 'password') as 'password';
  return (
    <>
      <div class="page-title">
        <div>
          <h1>{text('changePassword')}</h1>
          <p class="quiet">{text('ownPasswordLead', { name })}</p>
        </div>
      </div>
      {passwordGenerated && <p class="panel attention">{text('ownPasswordOffer')}</p>}
      <form class="panel own-password" onSubmit={submit}>
        {/* For the browser, which keeps the new password beside the name. */}
        <input name="name" autocomplete="username" value={name} readOnly hidden />
        <Field label={text('oldPassword')}>
          {(props) => <input {...props} name="old" type={type} required autocomplete="current-password" />}
        </Field>
        <Field label={text('chosenPassword')} hint={text('chosenPasswordHint')}>
          {(props) => (
            <input
              {...props}
              name="new"
              type={type}
              required
              minLength={fewestCharacters}
              maxLength={mostCharacters}
              autocomplete="new-password"
            />
          )}
        </Field>
        <Field label={text('passwordAgain')}>
          {(props) => (
            <input
              {...props}
              name="again"
              type={type}
              required
              maxLength={mostCharacters}
              autocomplete="new-password"
            />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" onChange={(event) => (shown.value = event.currentTarget.checked)} />
          {text('showPassword')}
        </label>
        {error.value && (
          <p ref={reason} class="form-error" role="alert">
            {error.value.detail ?? text(error.value.trouble)}
          </p>
        )}
        <div class="actions">
          <button type="submit" class="main" disabled={busy.value}>
            {text(busy.value ? 'passwordChanging' : 'changePassword')}
          </button>
        </div>
      </form>
    </>
  );
}

const ownFault = (message: Msg) => new LoadError('notUnderstood', { detail: text(message) });
