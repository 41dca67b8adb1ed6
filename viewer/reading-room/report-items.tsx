// The items of a report as a list of lists; an image that one points at is opened from there.
import { isPlain } from '../router.tsx';
import { text } from '../text.ts';
import { openInstance } from './open-study.ts';
import type { ReferencedImage, ReportItem } from './report-tree.ts';
import { someOf } from './some-of.ts';

/** More than this nobody reads in a line. */
const mostFrames = 20;

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

function ImageLink({ image }: { image: ReferencedImage }) {
  const { SOPInstanceUID, frames } = image;
  const address = `/viewer?${new URLSearchParams({
    StudyInstanceUIDs: image.StudyInstanceUID,
    SeriesInstanceUID: image.SeriesInstanceUID,
    SOPInstanceUID,
    ...(frames[0] && { FrameNumber: String(frames[0]) }),
  }).toString()}`;
  const uid = `…${SOPInstanceUID.slice(-16)}`;
  return (
    <a
      href={address}
      // Of what is open it is shown in place of the report; of another study its own page is.
      onClick={(event) => isPlain(event) && openInstance(image) && event.preventDefault()}
    >
      {frames.length > 0
        ? text('openReferencedFrames', { uid, frames: someOf(frames, mostFrames) })
        : text('openReferenced', { uid })}
    </a>
  );
}
