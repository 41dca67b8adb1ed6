// The items of a report as a list of lists; an image that one points at is opened from there.
import { beside } from '../beside.ts';
import { frameUrl, thumbnailUrl } from '../image-client.ts';
import { isPlain } from '../router.tsx';
import { text } from '../text.ts';
import { Thumbnail } from '../thumbnail.tsx';
import { entries } from './listed-series.ts';
import { openInstance } from './open-study.ts';
import type { ReferencedImage, ReportItem } from './report-tree.ts';
import { mayHoldImages, type SeriesEntry } from './series-entry.ts';
import { someOf } from './some-of.ts';

/** More than this nobody reads in a line. */
const mostFrames = 20;
const pictureSide = 160;

export function ReportItems({ items }: { items: ReportItem[] }) {
  return (
    <ul>
      {items.map((item, place) => (
        <li key={place}>
          {item.value === undefined && item.concept ? (
            <strong class="report-heading">{item.concept}</strong>
          ) : (
            <>
              {item.concept && (
                <span class="report-concept">
                  <bdi>{item.concept}</bdi>:{' '}
                </span>
              )}
              <bdi class="report-value">{item.image ? <ImageLink image={item.image} /> : item.value}</bdi>
            </>
          )}
          {item.items.length > 0 && <ReportItems items={item.items} />}
        </li>
      ))}
    </ul>
  );
}

/** By its picture and its series: nobody knows an image by its UID. */
function ImageLink({ image }: { image: ReferencedImage }) {
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, frames } = image;
  // Of a study that is not open nothing is asked for.
  const entry = entries.value?.find(({ study, uid }) => study === StudyInstanceUID && uid === SeriesInstanceUID);
  const address = `/viewer?${new URLSearchParams({
    StudyInstanceUIDs: StudyInstanceUID,
    SeriesInstanceUID,
    SOPInstanceUID,
    ...(frames[0] && { FrameNumber: String(frames[0]) }),
  }).toString()}`;
  const uid = `…${SOPInstanceUID.slice(-16)}`;
  return (
    <a
      class="report-image"
      href={address}
      // Of what is open it is shown in place of the report; of another study its own page is.
      onClick={(event) => isPlain(event) && openInstance(image) && event.preventDefault()}
    >
      <span>
        {frames.length > 0
          ? text('openReferencedFrames', { uid, frames: someOf(frames, mostFrames) })
          : text('openReferenced', { uid })}
        {entry && <bdi class="report-series">{wordsOf(entry)}</bdi>}
      </span>
      {entry && mayHoldImages(entry) && (
        <Thumbnail
          url={thumbnailUrl(frameUrl(StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, frames[0] ?? 1), pictureSide)}
        />
      )}
    </a>
  );
}

const wordsOf = ({ number, description, modality }: SeriesEntry) =>
  beside(number !== undefined && text('seriesNumber', { n: number }), description, modality);
