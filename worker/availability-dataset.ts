/** What an Instance Availability Notification says (PS3.4 Table R.3.2-1). */
import type { Dataset } from '#dicom/data/dataset.ts';
import { performedStepSOPClass } from '#dicom/data/sop-class.ts';
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

export interface AvailableStudy {
  readonly StudyInstanceUID: string;
  /** At least one, each series in one piece. */
  readonly instances: readonly AvailableInstance[];
  /** SOP Instance UIDs of what modalities said they performed for it (MPPS). */
  readonly performedSteps: readonly string[];
}

export function availabilityDataset(
  { StudyInstanceUID, instances, performedSteps }: AvailableStudy,
  { aeTitle, url }: RetrievedFrom,
): Dataset {
  const series = Map.groupBy(instances, ({ SeriesInstanceUID }) => SeriesInstanceUID);
  return fromDicomJson(
    {
      // Type 2, as is Performed Workitem Code Sequence, which a modality's step does not have.
      '00081111': sequence(
        performedSteps.map((step) => ({
          '00081150': text('UI', performedStepSOPClass),
          '00081155': text('UI', step),
          '00404019': sequence([]),
        })),
      ),
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
