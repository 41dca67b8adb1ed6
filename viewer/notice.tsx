// A designed end of a wait that brought nothing: what happened, what to do next, and a button where trying again helps.
import type { ComponentChildren } from 'preact';
import type { LoadError } from './archive-client.ts';
import { Icon, type IconName } from './icons.tsx';
import { text } from './text.ts';

interface NoticeProps {
  title?: string;
  icon?: IconName;
  error?: LoadError;
  retry?: () => void;
  children?: ComponentChildren;
}

export function Notice({ title, icon = 'warning', error, retry, children }: NoticeProps) {
  return (
    <div class="notice" role={error ? 'alert' : 'status'}>
      <Icon name={icon} />
      {title && <p class="notice-title">{title}</p>}
      {error && <p>{text(error.trouble)}</p>}
      {error?.detail && <p class="quiet">{error.detail}</p>}
      {children}
      {retry && (
        <button type="button" onClick={retry}>
          {text('retry')}
        </button>
      )}
    </div>
  );
}
