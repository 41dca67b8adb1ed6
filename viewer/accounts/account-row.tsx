// One account: what it may do, when it was used last, and what can be done about it.
import { moment } from '../moment.ts';
import { text } from '../text.ts';
import { rightWords } from './account-form.tsx';
import { isOwn } from './account-list.ts';
import { rights, type Account } from './accounts-client.ts';

interface AccountRowProps {
  account: Account;
  onRights: () => void;
  onPassword: () => void;
  onRemove: () => void;
}

export function AccountRow({ account, onRights, onPassword, onRemove }: AccountRowProps) {
  const { name, lastSeenAt, passwordGenerated } = account;
  const own = isOwn(account);
  const seen = moment(lastSeenAt);
  return (
    <li class="device">
      <div class="device-what">
        <h2>
          <bdi>{name}</bdi>
          {own && <span class="chip">{text('accountYou')}</span>}
        </h2>
        <p>
          {rights
            .filter((right) => account.rights.includes(right))
            .map((right) => text(rightWords[right]))
            .join(' · ')}
        </p>
        <p class="quiet">
          {seen ? text('accountSeen', { when: seen }) : text('accountNeverSeen')}
          {passwordGenerated && ` · ${text('accountGenerated')}`}
        </p>
      </div>
      <div class="actions">
        <button type="button" onClick={onRights} aria-label={text('changeRightsOf', { name })}>
          {text('changeRights')}
        </button>
        {own ? (
          <a class="button" href="/password">
            {text('changePassword')}
          </a>
        ) : (
          <>
            <button type="button" onClick={onPassword} aria-label={text('newPasswordFor', { name })}>
              {text('newPassword')}
            </button>
            <button type="button" onClick={onRemove} aria-label={text('removeAccountOf', { name })}>
              {text('remove')}
            </button>
          </>
        )}
      </div>
    </li>
  );
}
