// What is on the screen while an image is on its way, and where it ends if it does not come; and the slider of the series.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { line, renderedUrl, seriesThumbnailUrl } from '../image-client.ts';
import { number } from '../format.ts';
import { text } from '../text.ts';
import { isReadInverted } from '../viewport/read-inverted.ts';
import { windowAsRead } from '../viewport/windows.ts';
import { NotShown } from './not-shown.tsx';
import { entries } from './listed-series.ts';
import { failure } from './open-study.ts';
import { mayHoldImages } from './series-entry.ts';
import type { Pane } from './pane.ts';
import { showsWithdrawn } from './withdrawals.ts';

// On a quick line the image itself is there before this, and the preview need not be made.
const previewAfterMs = 150;
const previewSide = 512;
/** An image of fewer bytes is there before anybody has read how many of them are. */
const worthCounting = 1e6;
const worthOnSlowLine = 3e5;

export function Waiting({ pane }: { pane: Pane }) {
  const { stack } = pane;
  const state = pane.state.value;
  if (stack && state?.error) {
    if (showsWithdrawn(pane)) return null; // which says why, and what to do
    return (
      <NotShown
        error={state.error}
        {...(stack.count > 1 && { title: text('imageNotShownOf', { n: number(state.wanted + 1) }) })}
        retry={state.error.trouble === 'noImages' ? undefined : () => stack.retry()}
      />
    );
  }
  if (pane.failure.value || failure.value) return null;
  const opening = pane.opening.value;
  const loadingImage = state ? state.set && state.shown !== state.wanted : pane.set.value?.kind === 'images';
  const loadingStudy = !entries.value;
  return (
    <>
      {(opening || (loadingImage && state?.shown === undefined)) && <Preview pane={pane} />}
      {(loadingImage || opening || loadingStudy) && (
        <p class="loading-line" role="status">
          {words(pane)}
        </p>
      )}
      {stack && <Slider pane={pane} stack={stack} />}
    </>
  );
}

function words(pane: Pane): string {
  const state = pane.state.value;
  if (pane.opening.value) return text('loadingSeries');
  const frames = pane.set.value?.frames;
  const frame = pane.frame.value;
  if (!entries.value || !frames || !frame) return text('loadingStudy');
  const n = number((state?.wanted ?? frames.indexOf(frame)) + 1);
  const { done = 0, total } = state?.arrived ?? {};
  if (total === undefined || total < (line.slow ? worthOnSlowLine : worthCounting)) return text('loadingImage', { n });
  return text('loadingBytes', { n, done: number(done / 1e6, 1), total: number(total / 1e6, 1) });
}

/**
 * The archive's own picture of the very frame stands in for it, before that the thumbnail of the series; marked as what it is. On
 * a thin line that is seconds of something to see.
 */
function Preview({ pane }: { pane: Pane }) {
  const entry = pane.entry.value;
  const frame = pane.frame.value;
  const late = useSignal(false);
  /** By the address of each picture that was asked for: whether it has come, or is missing. */
  const came = useSignal<Record<string, boolean>>({});
  useEffect(() => {
    const timer = setTimeout(() => (late.value = true), previewAfterMs);
    return () => clearTimeout(timer);
  }, []);
  const set = pane.set.value;
  if (!entry || !mayHoldImages(entry)) return null;
  const thumbnail = seriesThumbnailUrl(entry.study, entry.uid);
  const rendered =
    frame && late.value
      ? renderedUrl(frame.imageId.slice('frame:'.length), previewSide, windowAsRead(frame.instance, frame.frameNumber))
      : undefined;
  const asked = rendered ? [thumbnail, rendered] : [thumbnail];
  const best = asked.findLast((picture) => came.value[picture]);
  // The thumbnail stays until the better picture has come, and where that does not come.
  const pictures = best && best === rendered ? [best] : asked.filter((picture) => came.value[picture] !== false);
  if (pictures.length === 0) return null;
  const note = (picture: string, isThere: boolean) => (came.value = { ...came.value, [picture]: isThere });
  return (
    <figure class="preview" data-inverted={set !== undefined && isReadInverted(set)}>
      {pictures.map((picture) => (
        <img
          key={picture}
          src={picture}
          alt=""
          onLoad={() => note(picture, true)}
          onError={() => note(picture, false)}
        />
      ))}
      {/* Nothing is called a preview before one is to be seen. */}
      {best && <figcaption>{text('previewNotForDiagnosis')}</figcaption>}
    </figure>
  );
}

function Slider({ pane, stack }: { pane: Pane; stack: NonNullable<Pane['stack']> }) {
  const { set, wanted } = pane.state.value ?? {};
  const count = set?.frames.length ?? 0;
  if (count < 2 || wanted === undefined) return null;
  return (
    <div class="image-slider">
      <input
        type="range"
        min={1}
        max={count}
        value={wanted + 1}
        tabIndex={-1}
        aria-label={text('imagePosition')}
        aria-valuetext={text('imageOf', { n: wanted + 1, total: count })}
        aria-orientation="vertical"
        onInput={(event) => stack.scrollTo(Number(event.currentTarget.value) - 1)}
      />
    </div>
  );
}
