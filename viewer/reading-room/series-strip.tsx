// The series of the open studies, each with its thumbnail and, for the one shown, how much of it is loaded.
import { useEffect, useRef } from 'preact/hooks';
import { seriesThumbnailUrl } from '../archive-client.ts';
import { number } from '../format.ts';
import { text } from '../text.ts';
import { Thumbnail } from '../thumbnail.tsx';
import { current, entries, mayHoldImages, stackState, type SeriesEntry } from './open-study.ts';

export function SeriesStrip({ onChoose }: { onChoose: (entry: SeriesEntry) => void }) {
  return (
    <nav class="series-strip" aria-label={text('series')}>
      {(entries.value ?? []).map((entry) => (
        <SeriesButton key={entry.uid} entry={entry} onChoose={onChoose} />
      ))}
    </nav>
  );
}

function SeriesButton({ entry, onChoose }: { entry: SeriesEntry; onChoose: (entry: SeriesEntry) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const chosen = current.value?.uid === entry.uid;
  useEffect(() => {
    if (chosen) button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen]);
  const title = entry.description ?? text('seriesNumber', { n: entry.number ?? '–' });
  return (
    <button
      ref={button}
      type="button"
      class="series"
      aria-current={chosen ? 'true' : undefined}
      title={title}
      onClick={(event) => {
        event.currentTarget.blur(); // the arrow keys and the space bar are the image's
        onChoose(entry);
      }}
    >
      {mayHoldImages(entry) ? (
        <Thumbnail url={seriesThumbnailUrl(entry.study, entry.uid)} />
      ) : (
        <span class="thumbnail no-image">{entry.modality}</span>
      )}
      <span class="series-words">
        <bdi class="series-title">{title}</bdi>
        <span class="quiet">
          {[entry.modality, text('imageCount', { n: number(entry.instances) })].filter(Boolean).join(' · ')}
        </span>
      </span>
      {chosen && <SeriesProgress />}
    </button>
  );
}

function SeriesProgress() {
  const { series, loaded, failed } = stackState.value ?? {};
  const total = series?.frames.length ?? 0;
  if (total < 2 || loaded === undefined) return null;
  const words = text(failed ? 'seriesLoadedFailed' : 'seriesLoaded', {
    done: number(loaded),
    total: number(total),
    failed: number(failed ?? 0),
  });
  return <progress class={failed ? 'failed' : ''} max={total} value={loaded} title={words} aria-label={words} />;
}
