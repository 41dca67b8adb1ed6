/** Verification service class (PS3.4 Annex A): C-ECHO. */
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import type { Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { isForIdentifiers } from './information-model.ts';
import type { ServiceContext } from './service-context.ts';

export const verification: Service<ServiceContext> = {
  name: 'Verification',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === verificationSOPClass,
  // It has no data set. What nobody knows is refused all the same: whoever proposes nothing else is to learn so here.
  transferSyntaxes: isForIdentifiers,
  commands: {
    'C-ECHO-RQ': async () => ({ status: status.success }),
  },
};
