// The dialog in which an account is added, or given other rights.
import { LoadError } from '../archive-client.ts';
import { Field } from '../form-field.tsx';
import { FormDialog } from '../form-dialog.tsx';
import { text, type Msg } from '../text.ts';
import { rights, type Account, type Right } from './accounts-client.ts';
import * as list from './account-list.ts';

export const rightWords: Record<Right, Msg> = { read: 'rightRead', store: 'rightStore', manage: 'rightManage' };
const whatItLets: Record<Right, Msg> = { read: 'rightReadWhat', store: 'rightStoreWhat', manage: 'rightManageWhat' };

interface AccountFormProps {
  /** Undefined to add one. */
  account: Account | undefined;
  /** Nobody else may manage. */
  isLastManager: boolean;
  onClose: () => void;
}

export function AccountForm({ account, isLastManager, onClose }: AccountFormProps) {
  const save = async (entered: FormData) => {
    const chosen = rights.filter(
      (right) => entered.getAll('rights').includes(right) || (isLastManager && right === 'manage'),
    );
    if (chosen.length === 0) throw new LoadError('notUnderstood', { detail: text('rightsNone') });
    if (account) await list.changeRights(account, chosen);
    else await list.add(String(entered.get('name')).trim(), chosen);
  };
  return (
    <FormDialog
      title={account ? text('changeRightsOf', { name: account.name }) : text('addAccount')}
      leaveWord={text('cancel')}
      saveWord={text('save')}
      savingWord={text('saving')}
      save={save}
      onClose={onClose}
    >
      {!account && (
        <Field label={text('accountName')} hint={text('accountNameHint')}>
          {(props) => (
            <input
              {...props}
              name="name"
              required
              maxLength={64}
              pattern="\s*[^:\s][^:]*"
              title={text('accountNameHint')}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </Field>
      )}
      <fieldset class="choices rights">
        <legend>{text('accountRights')}</legend>
        {rights.map((right) => {
          const isKept = isLastManager && right === 'manage';
          const isChosen = account ? account.rights.includes(right) : right === 'read';
          return (
            <label key={right}>
              <input type="checkbox" name="rights" value={right} defaultChecked={isChosen} disabled={isKept} />
              <span>
                <strong>{text(rightWords[right])}</strong>
                <span class="hint quiet">{text(isKept ? 'rightsLast' : whatItLets[right])}</span>
              </span>
            </label>
          );
        })}
      </fieldset>
      {account && !list.isOwn(account) && <p class="quiet">{text('rightsSignOut')}</p>}
    </FormDialog>
  );
}
