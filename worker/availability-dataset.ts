/** What an Instance Availability Notification says (PS3.4 Table R.3.2-1). */
import type { Dataset } from '#dicom/data/dataset.ts';
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import type { AvailableInstance } from '#index/availability.ts';

export interface RetrievedFrom {
  readonly aeTitle: string;
  /** Of WADO-RS; undefined while nobody has said how we are reached (PUBLIC_URL). */
  readonly url: string | undefined;
}

const text = (vr: string, value: string) => ({ vr, Value: [value] });
const sequence = (Value: readonly object[]) => ({ vr: 'SQ', Value });
/** Referenced Series, Referenced SOP. */
const sequenceDepth = 2;

/** @param instances at least one, each series in one piece */
export function availabilityDataset(
  StudyInstanceUID: string,
  instances: readonly AvailableInstance[],
  { aeTitle, url }: RetrievedFrom,
): Dataset {
  const series = Map.groupBy(instances, ({ SeriesInstanceUID }) => SeriesInstanceUID);
  return fromDicomJson(
    {
      // Referenced Performed Procedure Step Sequence, Type 2: not known here.
      '00081111': sequence([]),
      '00081115': sequence(
        Array.from(series, ([SeriesInstanceUID, all]) => ({
          '00081199': sequence(
            all.map(({ SOPClassUID, SOPInstanceUID, isAvailable }) => ({
              '00080054': text('AE', aeTitle),
              '00080056': text('CS', isAvailable ? 'ONLINE' : 'UNAVAILABLE'),
              '00081150': text('UI', SOPClassUID),
              '00081155': text('UI', SOPInstanceUID),
              ...(url !== undefined &&
                isAvailable && {
                  '00081190': text(
                    'UR',
                    `${url}/studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`,
                  ),
                }),
            })),
          ),
          '0020000E': text('UI', SeriesInstanceUID),
        })),
      ),
      '0020000D': text('UI', StudyInstanceUID),
    },
    { sequenceDepth },
  );
}
