// Asks for one's own password before accounts change, where one signed in a while ago: somebody else may sit there by now.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LoadError } from '../archive-client.ts';
import { Field } from '../form-field.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { enter, session } from '../session.ts';
import { text } from '../text.ts';

/** Who waits for the password. */
export const waiting = signal<PromiseWithResolvers<void> | undefined>(undefined);

/** Makes a change; where the archive wants the password first, once more when it was given. @throws LoadError */
export async function ownPasswordFirst<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof LoadError && error.code === 'signInAgain')) throw error;
    const given = Promise.withResolvers<void>();
    waiting.value = given;
    await given.promise;
    return change();
  }
}

export function OwnPasswordDialog({ given }: { given: PromiseWithResolvers<void> }) {
  const isGiven = useRef(false);
  const { name = '' } = session.value ?? {};
  const save = async (entered: FormData) => {
    await enter(name, String(entered.get('password')));
    isGiven.current = true;
  };
  const close = () => {
    waiting.value = undefined;
    if (isGiven.current) given.resolve();
    else given.reject(new LoadError('notAllowed', { detail: text('ownPasswordNotGiven') }));
  };
  // Who left the page meanwhile has given up the change: a password that is typed later is for another one.
  useEffect(() => () => (waiting.peek() === given ? close() : undefined), [given]);
  return (
    <FormDialog
      title={text('ownPasswordFirst')}
      leaveWord={text('cancel')}
      saveWord={text('goOn')}
      savingWord={text('signingIn')}
      save={save}
      onClose={close}
    >
      <p>{text('ownPasswordWhy')}</p>
      {/* For the browser, which knows the password by the name. */}
      <input name="name" autocomplete="username" value={name} readOnly hidden />
      <Field label={text('ownPasswordOf', { name })}>
        {(props) => (
          <input {...props} name="password" type="password" required autofocus autocomplete="current-password" />
        )}
      </Field>
    </FormDialog>
  );
}
