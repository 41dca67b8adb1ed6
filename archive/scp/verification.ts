/** Verification service class (PS3.4 Annex A): C-ECHO. */
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import type { Service } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';

export const verification: Service<ServiceContext> = {
  name: 'Verification',
  abstractSyntaxes: (abstractSyntax) => abstractSyntax === verificationSOPClass,
  commands: {
    'C-ECHO-RQ': async () => ({ status: status.success }),
  },
};
