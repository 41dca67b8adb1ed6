// Above a list: why what it shows may be old, which goes by itself; why what was asked for was not done, which stays; and what was
// done, for who does not see it.
import { useEffect } from 'preact/hooks';
import type { LoadError } from './archive-client.ts';
import { Icon } from './icons.tsx';
import { text } from './text.ts';
import { done, refused } from './then-refresh.ts';

/** @param error  of reading the list */
export function Warnings({ error }: { error: LoadError | undefined }) {
  const forget = () => void (refused.value = undefined);
  const forgetAll = () => {
    forget();
    done.value = '';
  };
  useEffect(() => forgetAll, []);
  return (
    <>
      <p class="unseen" role="status">
        {done.value}
      </p>
      {error && !isSaid(error) && <Warning error={error} />}
      {refused.value && <Warning error={refused.value} forget={forget} />}
    </>
  );
}

const wordsOf = ({ detail, trouble }: LoadError) => detail ?? text(trouble);

/** What keeps a list from being read has as a rule kept it from being changed. */
const isSaid = (error: LoadError) => refused.value !== undefined && wordsOf(refused.value) === wordsOf(error);

/** @param forget  of what stays until it has been read */
function Warning({ error, forget }: { error: LoadError; forget?: () => void }) {
  return (
    <div class={forget ? 'warning-line refused' : 'warning-line'} role="alert">
      <Icon name="warning" />
      <p>{wordsOf(error)}</p>
      {forget && (
        <button type="button" class="plain" onClick={forget}>
          {text('close')}
        </button>
      )}
    </div>
  );
}
