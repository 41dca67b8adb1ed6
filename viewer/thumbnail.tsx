// A small preview of a study or series. The worker makes it after the instance is stored, so a missing one is asked for again.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { text } from './text.ts';

const askAgainAfterMs = [2_000, 5_000, 10_000];

/** @param url  of the WebP; another `url` starts anew */
export function Thumbnail({ url }: { url: string }) {
  const attempt = useSignal(0);
  const state = useSignal<'asked' | 'shown' | 'missing'>('asked');
  useEffect(() => {
    if (state.value !== 'missing') return;
    const wait = askAgainAfterMs[attempt.value];
    if (wait === undefined) return;
    const timer = setTimeout(() => {
      attempt.value += 1;
      state.value = 'asked';
    }, wait);
    return () => clearTimeout(timer);
  }, [state.value, url]);
  return (
    <span class="thumbnail" data-state={state.value}>
      {state.value !== 'shown' && (
        <span class="thumbnail-missing" role="img" aria-label={text('noPreview')}>
          <Icon name="image" />
        </span>
      )}
      {state.value !== 'missing' && (
        <img
          key={`${url} ${attempt.value}`}
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => (state.value = 'shown')}
          onError={() => (state.value = 'missing')}
        />
      )}
    </span>
  );
}
