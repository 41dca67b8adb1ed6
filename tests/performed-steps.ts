/** For tests: what a modality says of a procedure step (PS3.4 Annex F), as requests of `archive/scp/test-attributes.ts`. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import type { Invocation } from '#dicom/dimse/service.ts';
import { secondaryCapture } from './dataset-bytes.ts';
import { datasetOf } from './dataset-of.ts';

/** N-CREATE of a step that is in progress, for an entry of the worklist. */
export function performedStepBegun(
  entry: Readonly<Record<string, unknown>>,
  sopInstanceUID: string,
): [command: Invocation, dataset: Dataset] {
  const named = datasetOf({
    StudyInstanceUID: String(entry['StudyInstanceUID']),
    ScheduledProcedureStepID: String(entry['ScheduledProcedureStepID']),
  });
  return [
    {
      CommandField: commandFields['N-CREATE-RQ'],
      AffectedSOPClassUID: performedStepSOPClass,
      AffectedSOPInstanceUID: sopInstanceUID,
    },
    datasetOf({
      Modality: 'CT',
      PerformedStationAETitle: 'CT1',
      PerformedProcedureStepStartDate: '20261128',
      PerformedProcedureStepStartTime: '081500',
      PerformedProcedureStepStatus: 'IN PROGRESS',
      PerformedProcedureStepID: 'PPS1',
      ScheduledStepAttributesSequence: [named],
    }),
  ];
}

/** N-SET of a step that is completed and made these images; when it ended, it does not say. */
export function performedStepCompleted(
  sopInstanceUID: string,
  images: readonly string[],
): [command: Invocation, dataset: Dataset] {
  const references = images.map((instance) =>
    datasetOf({ ReferencedSOPClassUID: secondaryCapture, ReferencedSOPInstanceUID: instance }),
  );
  const series = datasetOf({
    SeriesInstanceUID: '2.25.1',
    ProtocolName: 'CT',
    OperatorsName: 'Lê^Hoà',
    ReferencedImageSequence: references,
  });
  return [
    {
      CommandField: commandFields['N-SET-RQ'],
      RequestedSOPClassUID: performedStepSOPClass,
      RequestedSOPInstanceUID: sopInstanceUID,
    },
    datasetOf({
      PerformedProcedureStepEndDate: '20261128',
      PerformedProcedureStepStatus: 'COMPLETED',
      PerformedSeriesSequence: [series],
    }),
  ];
}

/** N-SET of a step that was begun with the wrong entry. */
export function wrongEntrySelected(sopInstanceUID: string): [command: Invocation, dataset: Dataset] {
  const reason = datasetOf({
    CodeValue: '110514',
    CodingSchemeDesignator: 'DCM',
    CodeMeaning: 'Incorrect worklist entry',
  });
  return [
    {
      CommandField: commandFields['N-SET-RQ'],
      RequestedSOPClassUID: performedStepSOPClass,
      RequestedSOPInstanceUID: sopInstanceUID,
    },
    datasetOf({
      PerformedProcedureStepStatus: 'DISCONTINUED',
      PerformedProcedureStepDiscontinuationReasonCodeSequence: [reason],
    }),
  ];
}
