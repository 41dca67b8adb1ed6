// The series of the open studies, or their display sets, each with its picture and how much of it is loaded. A click opens one in
// the active viewport; it may be dragged into any.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { seriesThumbnailUrl, thumbnailUrl } from '../image-client.ts';
import { number } from '../format.ts';
import { text } from '../text.ts';
import { Icon } from '../icons.tsx';
import { ToolIcon } from '../tools/tool-icon.tsx';
import { Thumbnail } from '../thumbnail.tsx';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { watchMemory } from '../viewport/frames-in-memory.ts';
import { distinctionWords } from './distinction-words.ts';
import { namedStudies, type NamedStudy } from './named-studies.ts';
import { entries } from './listed-series.ts';
import { measured } from './open-study.ts';
import { keyOf, mayHoldImages } from './series-entry.ts';
import { offers, openOffer, shows, type Offer } from './series-offers.ts';
import { active, panes } from './stage.ts';

const dragType = 'application/x-lightbox-series';
const thumbnailSide = 160;

export function SeriesStrip() {
  const studies = entries.value ? namedStudies() : [];
  const placed = offers.value.map((offer, index) => ({ offer, index }));
  return (
    <nav class="series-strip" aria-label={text('series')}>
      {studies.length === 0 ? (
        <SeriesButtons placed={placed} />
      ) : (
        studies.map((study, place) => (
          <StudySection
            key={study.StudyInstanceUID}
            study={study}
            place={place}
            placed={placed.filter(({ offer }) => offer.entry.study === study.StudyInstanceUID)}
          />
        ))
      )}
      <Unsaved />
    </nav>
  );
}

interface Placed {
  offer: Offer;
  /** among all that are offered */
  index: number;
}

/** So many are more than anybody looks through; buttons for thousands would take a page minutes to make. */
const mostAtOnce = 200;

/** Of very many those around the one that is chosen, and as many more as are asked for. */
function SeriesButtons({ placed }: { placed: readonly Placed[] }) {
  const shown = useSignal({ from: 0, to: mostAtOnce });
  const { from, to } = shown.value;
  const chosen = placed.findIndex(({ offer }) => shows(active.value, offer));
  useEffect(() => {
    const before = Math.max(0, chosen - mostAtOnce / 2);
    if (chosen >= 0 && (chosen < from || chosen >= to)) shown.value = { from: before, to: before + mostAtOnce };
  }, [chosen]);
  const showBefore = () => (shown.value = { from: Math.max(0, from - mostAtOnce), to });
  const showAfter = () => (shown.value = { from, to: to + mostAtOnce });
  const after = placed.length - to;
  return (
    <>
      {from > 0 && (
        <button type="button" class="more-series" onClick={showBefore}>
          {text('seriesBefore', { n: number(from) })}
        </button>
      )}
      {placed.slice(from, to).map(({ offer, index }) => (
        <SeriesButton key={offer.set?.uid ?? keyOf(offer.entry)} offer={offer} index={index} />
      ))}
      {after > 0 && (
        <button type="button" class="more-series" onClick={showAfter}>
          {text('seriesAfter', { n: number(after) })}
        </button>
      )}
    </>
  );
}

/** One of several studies: when it was made and of what, then its series. */
function StudySection({ study, place, placed }: { study: NamedStudy; place: number; placed: readonly Placed[] }) {
  const heading = `strip-study-${place}`;
  return (
    <section class="strip-study" aria-labelledby={heading}>
      <h2 id={heading}>
        <span>{study.when}</span>
        {study.patient && <bdi class="strip-patient">{study.patient}</bdi>}
        <bdi class="quiet">{study.description ?? text('noDescription')}</bdi>
      </h2>
      {placed.length > 0 ? <SeriesButtons placed={placed} /> : <p class="quiet">{text('studyWithoutSeries')}</p>}
    </section>
  );
}

/** Measurements are in this browser only: said as long as there are any. */
function Unsaved() {
  const { count, kept } = measured.value;
  const why = text(kept ? 'measuredInTab' : 'measuredOnPage');
  return (
    <p class="unsaved" role="status" title={why}>
      {count > 0 && (
        <>
          <Icon name="warning" />
          <span>{text('measuredUnsaved', { n: number(count) })}</span>
          <span class="unseen">{why}</span>
        </>
      )}
    </p>
  );
}

/** The place in the strip of what is being dropped; -1 for anything else. */
export function draggedOffer(event: DragEvent): number {
  const place = event.dataTransfer?.getData(dragType);
  return place ? Number(place) : -1;
}

function SeriesButton({ offer, index }: { offer: Offer; index: number }) {
  const { entry, set } = offer;
  const button = useRef<HTMLButtonElement>(null);
  const chosen = shows(active.value, offer);
  const elsewhere = !chosen && panes.value.some((pane) => shows(pane, offer));
  useEffect(() => {
    if (chosen) button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen]);
  const title =
    entry.description ?? (entry.number === undefined ? text('series') : text('seriesNumber', { n: entry.number }));
  const distinction = set ? distinctionWords(set.distinction) : '';
  const isVideo = set?.kind === 'video';
  const hasImages = set ? set.kind === 'images' : mayHoldImages(entry);
  const count = set ? set.frames.length : entry.instances;
  const difference = set ? entry.instances - set.seriesInstances : 0;
  const since = difference === 0 ? '' : ` ${difference > 0 ? '+' : '−'} ${number(Math.abs(difference))}`;
  return (
    <button
      ref={button}
      type="button"
      class="series"
      draggable
      aria-current={chosen ? 'true' : undefined}
      data-elsewhere={elsewhere}
      title={[title, distinction].filter(Boolean).join(' · ')}
      onDragStart={(event) => event.dataTransfer?.setData(dragType, String(index))}
      onClick={(event) => {
        event.currentTarget.blur(); // the arrow keys and the space bar are the image's
        openOffer(offer, active.value);
      }}
    >
      <Picture entry={entry} set={set} />
      <span class="series-words">
        <bdi class="series-title">{title}</bdi>
        {distinction && <span class="series-distinction">{distinction}</span>}
        <span class="quiet">
          {[entry.modality, isVideo && text('video'), hasImages && text('imageCount', { n: number(count) })]
            .filter(Boolean)
            .join(' · ')}
          {since}
        </span>
      </span>
      {set && <SeriesProgress set={set} />}
    </button>
  );
}

/** Of one display set among several a frame of its own; else what the worker has made for the series. */
function Picture({ entry, set }: Offer) {
  if (set ? set.kind !== 'images' : !mayHoldImages(entry)) {
    return (
      <span class="thumbnail no-image">
        <ToolIcon name={set?.kind === 'video' ? 'cine' : 'document'} />
        {entry.modality}
      </span>
    );
  }
  const frame = set?.frames[set.frames.length >> 1];
  const ownPicture = frame && Object.keys(set!.distinction).length > 0;
  const url = ownPicture
    ? thumbnailUrl(frame.imageId.slice('frame:'.length), thumbnailSide)
    : seriesThumbnailUrl(entry.study, entry.uid);
  return <Thumbnail key={url} url={url} />;
}

/** How much of the set is in memory; nothing of a set that was not opened. */
function SeriesProgress({ set }: { set: DisplaySet }) {
  const total = set.frames.length;
  const inMemory = useSignal(0);
  // Before it is painted: the bar of another set would stand there.
  useLayoutEffect(() => watchMemory(set.frames, (count) => (inMemory.value = count)), [set]);
  const loaded = inMemory.value;
  const pane = panes.value.find((each) => each.set.value === set);
  const failed = pane?.failed.value ?? 0;
  if (total < 2 || (loaded === 0 && !pane)) return null;
  const words = text(failed ? 'seriesLoadedFailed' : 'seriesLoaded', {
    done: number(loaded),
    total: number(total),
    failed: number(failed),
  });
  return <progress class={failed ? 'failed' : ''} max={total} value={loaded} title={words} aria-label={words} />;
}
