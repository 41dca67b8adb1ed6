// Asks once more before an entry of the worklist is cancelled.
import { beside } from '../beside.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { date, personName, time } from '../format.ts';
import { text } from '../text.ts';
import type { Step } from './worklist-client.ts';
import { setState } from './worklist.ts';

export function CancelDialog({ step, onClose }: { step: Step; onClose: () => void }) {
  const { PatientID, PatientBirthDate, Modality, RequestedProcedureDescription, ...when } = step.attributes;
  return (
    <ConfirmDialog
      question={text('cancelStepOf', { name: personName(step.attributes.PatientName) ?? text('noName') })}
      about={[
        beside(PatientID, date(PatientBirthDate), Modality, RequestedProcedureDescription),
        beside(date(when.ScheduledProcedureStepStartDate), time(when.ScheduledProcedureStepStartTime)),
      ]}
      next={text('cancelStepNext')}
      leaveWord={text('keepStep')}
      word={text('cancelStepNow')}
      isDanger
      work={() => setState(step, 'cancelled')}
      onClose={onClose}
    />
  );
}
