// One viewport on the page: the element that Cornerstone draws into, and all that lies over it.
import type { ReadonlySignal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { loadError, type LoadError } from '../archive-client.ts';
import { number } from '../format.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import type { PickedTool } from '../tools/tool.ts';
import { isText } from '../viewport/display-sets.ts';
import { screenScale } from '../viewport/screen-scale.ts';
import { DocumentView } from './document-view.tsx';
import { NotShown } from './not-shown.tsx';
import { newsOf, showNews } from './open-study.ts';
import { Overlay } from './overlay.tsx';
import { paperSize } from './paper.ts';
import type { Pane } from './pane.ts';
import { offers, openOffer } from './series-offers.ts';
import { draggedOffer } from './series-strip.tsx';
import { activate, active, alone, panes, showAloneOrAll } from './stage.ts';
import { startStack } from './start-stack.ts';
import { Waiting } from './waiting.tsx';
import { showsWithdrawn } from './withdrawals.ts';
import { useWorkedOut } from './worked-out.ts';

interface PaneViewProps {
  pane: Pane;
  /** what the left button or one finger does; undefined is the device's own first choice */
  picked: ReadonlySignal<PickedTool | undefined>;
  reopen: () => void;
}

export function PaneView({ pane, picked, reopen }: PaneViewProps) {
  const section = useRef<HTMLElement>(null);
  const element = useRef<HTMLDivElement>(null);
  const cannotStart = useSignal<LoadError | undefined>(undefined);
  const over = useSignal(false);
  useEffect(() => {
    const stopped = new AbortController();
    startStack({ section: section.current!, element: element.current!, pane, picked }, stopped.signal).catch(
      (error: unknown) => {
        if (!stopped.signal.aborted) cannotStart.value = loadError(error);
      },
    );
    return () => stopped.abort();
  }, [pane]);
  // With each image only what differs with it is made anew: an attribute that is a signal changes by itself.
  const pixelsPerMm = useWorkedOut(() => {
    const [frame, state] = [pane.frame.value, pane.state.value];
    return frame && state?.shown !== undefined ? screenScale(frame, state).pixelsPerMm : undefined;
  }).value;
  const place = panes.value.indexOf(pane) + 1;
  const isActive = active.value === pane;
  const isOfImages = (pane.set.value?.kind ?? 'images') === 'images';
  return (
    <section
      ref={section}
      class="pane"
      aria-label={panes.value.length > 1 ? text('viewportOf', { n: place }) : text('images')}
      data-active={isActive && panes.value.length > 1}
      data-over={over.value}
      data-report={isText(pane.set.value)}
      data-life-size={paperSize.value === 'life' && pixelsPerMm !== undefined}
      style={{ '--mm': 1 / (pixelsPerMm ?? 1) }}
      data-withdrawn={showsWithdrawn(pane)}
      data-alone={alone.value === undefined ? undefined : alone.value === pane}
      onPointerDownCapture={() => activate(pane)}
      onWheelCapture={() => activate(pane)}
      onFocusCapture={() => activate(pane)}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        const offer = offers.value[draggedOffer(event)];
        activate(pane);
        if (offer) openOffer(offer, pane);
      }}
    >
      <div
        ref={element}
        class="viewport"
        data-shown={pane.shown}
        data-count={pane.count}
        // Two clicks in a row of whoever measures are two points.
        onDblClick={() => picked.peek()?.kind !== 'measure' && showAloneOrAll(pane)}
      />
      <Overlay pane={pane} />
      {/* Under what is told of its series. */}
      {pane.set.value && pane.set.value.kind !== 'images' && (
        <DocumentView set={pane.set.value} key={pane.set.value.uid} />
      )}
      {!cannotStart.value && <Waiting pane={pane} />}
      <News pane={pane} />
      {cannotStart.value && isOfImages && (
        <Notice title={text('imageNotShown')} error={cannotStart.value} retry={() => location.reload()} />
      )}
      {pane.failure.value && <NotShown error={pane.failure.value} retry={reopen} />}
      {!pane.entry.value && panes.value.length > 1 && <Notice icon="image" title={text('chooseSeries')} />}
    </section>
  );
}

/** The series has changed in the archive since it was opened. */
function News({ pane }: { pane: Pane }) {
  const withdrawn = pane.withdrawn.value.size;
  const news = withdrawn > 0 ? -withdrawn : newsOf(pane);
  if (news === 0) return null;
  const show = (
    <button type="button" onClick={() => showNews(pane)}>
      {text('showNews')}
    </button>
  );
  if (showsWithdrawn(pane)) {
    return (
      <Notice title={text('imageWithdrawn')}>
        <p>{text('imageWithdrawnNext')}</p>
        {show}
      </Notice>
    );
  }
  return (
    <p class="pane-news" role="status">
      {text(news > 0 ? 'imagesArrived' : 'imagesWithdrawn', { n: number(Math.abs(news)) })}
      {show}
    </p>
  );
}
