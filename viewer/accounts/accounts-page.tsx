// The accounts page, for administrators: who may log in, and do what.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Icon } from '../icons.tsx';
import { keepFocus } from '../keep-focus.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { addTexts, language, text } from '../text.ts';
import { accountsTexts } from '../texts/accounts.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import { AccountForm } from './account-form.tsx';
import * as list from './account-list.ts';
import { AccountRow } from './account-row.tsx';
import type { Account } from './accounts-client.ts';
import { OwnPasswordDialog, waiting } from './own-password-first.tsx';
import { PasswordDialog } from './password-dialog.tsx';

addTexts(accountsTexts);

/** With more than these one is looked for. */
const seenAtOnce = 10;

export default function AccountsPage() {
  useEffect(() => list.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('accounts')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <Accounts />
      </main>
    </>
  );
}

type Asked = { what: 'add' } | { what: 'rights' | 'password' | 'remove'; account: Account };

function Accounts() {
  const asked = useSignal<Asked | undefined>(undefined);
  const looked = useSignal('');
  const { accounts, error, made } = list;
  if (!accounts.value) {
    if (error.value) return <Notice error={error.value} retry={() => void list.refresh()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  const all = accounts.value;
  const found = all
    .filter(({ name }) => plain(name).includes(plain(looked.value)))
    .toSorted((one, other) => one.name.localeCompare(other.name, language.value));
  return (
    <>
      <div class="page-title">
        <div>
          <h1>{text('accounts')}</h1>
          <p class="quiet">{text('accountsLead')}</p>
        </div>
        <button type="button" class="main" onClick={() => (asked.value = { what: 'add' })}>
          <Icon name="add" />
          {text('addAccount')}
        </button>
      </div>
      <Warnings error={error.value} />
      <section class="panel" aria-label={text('accounts')}>
        {all.length > seenAtOnce && (
          <input
            type="search"
            aria-label={text('findAccount')}
            placeholder={text('findAccount')}
            autocomplete="off"
            onInput={(event) => (looked.value = event.currentTarget.value)}
          />
        )}
        {found.length === 0 && <p role="status">{text('noAccountFound')}</p>}
        <ul class="device-list">
          {found.map((account) => (
            <AccountRow
              key={account.id}
              account={account}
              onRights={() => (asked.value = { what: 'rights', account })}
              onPassword={() => (asked.value = { what: 'password', account })}
              onRemove={() => (asked.value = { what: 'remove', account })}
            />
          ))}
        </ul>
      </section>
      {asked.value && <Dialog {...asked.value} all={all} onClose={() => (asked.value = undefined)} />}
      {waiting.value && <OwnPasswordDialog given={waiting.value} />}
      {made.value && <PasswordDialog {...made.value} onClose={() => (made.value = undefined)} />}
    </>
  );
}

function Dialog({ all, onClose, ...asked }: Asked & { all: readonly Account[]; onClose: () => void }) {
  if (asked.what === 'add') return <AccountForm account={undefined} isLastManager={false} onClose={onClose} />;
  const { what, account } = asked;
  const { name } = account;
  if (what === 'rights') {
    const managers = all.filter(({ rights }) => rights.includes('manage'));
    const isLastManager = managers.length === 1 && managers[0]!.id === account.id;
    return <AccountForm account={account} isLastManager={isLastManager} onClose={onClose} />;
  }
  if (what === 'password')
    return (
      <ConfirmDialog
        question={text('newPasswordQuestion', { name })}
        next={text('newPasswordNext')}
        leaveWord={text('cancel')}
        word={text('newPasswordNow')}
        work={() => list.resetPassword(account)}
        onClose={onClose}
      />
    );
  return (
    <ConfirmDialog
      question={text('removeAccount', { name })}
      next={text('removeAccountNext')}
      leaveWord={text('cancel')}
      word={text('removeAccountNow')}
      isDanger
      work={() => list.remove(account)}
      onClose={onClose}
    />
  );
}

/** Without case and accents: whoever looks for one types as it comes. */
const plain = (name: string) =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('đ', 'd')
    .trim();
