// What is on the screen while an image is on its way, and where it ends if it does not come; and the slider of the series.
import { seriesThumbnailUrl } from '../archive-client.ts';
import { number } from '../format.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import type { ImageStack } from '../viewport/image-stack.ts';
import { current, entries, failure, mayHoldImages, opening, stackState } from './open-study.ts';

export function Waiting({ stack }: { stack: ImageStack }) {
  const state = stackState.value;
  if (state?.error) {
    return (
      <Notice
        title={text('imageNotShown')}
        error={state.error}
        {...(state.error.trouble !== 'noImages' && { retry: () => stack.retry() })}
      />
    );
  }
  if (failure.value) return null;
  const loadingImage = state?.series && state.shown !== state.wanted;
  return (
    <>
      {state?.shown === undefined && (loadingImage || opening.value) && <Preview />}
      {(loadingImage || opening.value || !entries.value) && (
        <p class="loading-line" role="status">
          {words()}
        </p>
      )}
      <Slider stack={stack} />
    </>
  );
}

function words(): string {
  const state = stackState.value;
  if (opening.value) return text('loadingSeries');
  if (!entries.value || !state?.series) return text('loadingStudy');
  const n = number(state.wanted + 1);
  const { done = 0, total } = state.arrived ?? {};
  if (total === undefined || total < 1e6) return text('loadingImage', { n });
  return text('loadingBytes', { n, done: number(done / 1e6, 1), total: number(total / 1e6, 1) });
}

/** The thumbnail stands in for the first image, marked as what it is; on a thin line that is seconds of something to see. */
function Preview() {
  const entry = current.value;
  if (!entry || !mayHoldImages(entry)) return null;
  return (
    <figure class="preview">
      <img
        key={entry.uid}
        src={seriesThumbnailUrl(entry.study, entry.uid)}
        alt=""
        onError={({ currentTarget }) => (currentTarget.parentElement!.hidden = true)}
      />
      <figcaption>{text('previewNotForDiagnosis')}</figcaption>
    </figure>
  );
}

function Slider({ stack }: { stack: ImageStack }) {
  const { series, wanted } = stackState.value ?? {};
  const count = series?.frames.length ?? 0;
  if (count < 2 || wanted === undefined) return null;
  return (
    <input
      type="range"
      class="image-slider"
      min={1}
      max={count}
      value={wanted + 1}
      tabIndex={-1}
      aria-label={text('imagePosition')}
      aria-valuetext={text('imageOf', { n: wanted + 1, total: count })}
      onInput={(event) => stack.scrollTo(Number(event.currentTarget.value) - 1)}
    />
  );
}
