/**
 * Storage service class (PS3.4 Annex B): C-STORE leads to `ingest`, and its outcome to a status of Table B.2-1.
 * For who asks by C-GET we are the SCU of the same SOP classes (PS3.4 C.5.3).
 */
import { isStorageSOPClass } from '#dicom/data/sop-class.ts';
import type { Answer, Request, Service } from '#dicom/dimse/service.ts';
import { observedDataset } from '#dicom/file/observed-syntax.ts';
import { status } from '#dicom/dimse/status.ts';
import { Problem, problems } from '../problems.ts';
import type { ServiceContext } from './service-context.ts';

/**
 * What we say of ourselves where SOP class extended negotiation asks (PS3.4 B.3.1): level 2, every attribute is kept; signature level 3,
 * signatures stay valid because every bit stays; no element is coerced.
 */
const extendedAnswer = Buffer.from([2, 0, 3, 0, 0, 0]);

export const storage: Service<ServiceContext> = {
  name: 'Storage',
  abstractSyntaxes: isStorageSOPClass,
  asSCU: true,
  extended: () => extendedAnswer,
  commands: { 'C-STORE-RQ': store },
};

async function store(request: Request, context: ServiceContext): Promise<Answer> {
  const { command, dataset } = request;
  if (!dataset) return { status: problems.cannotUnderstand.dimse, errorComment: 'C-STORE-RQ announces no data set' };
  if (command.AffectedSOPInstanceUID === undefined)
    return {
      status: status.mistypedArgument,
      errorComment: 'no Affected SOP Instance UID (0000,1000)',
      offendingElement: [0x00001000],
    };
  try {
    await context.ingest(
      {
        ...(await observedDataset(request.transferSyntax, dataset)),
        announced: { SOPClassUID: request.abstractSyntax, SOPInstanceUID: command.AffectedSOPInstanceUID },
        door: 'C-STORE',
        callingAETitle: context.callingAETitle,
      },
      context.caller,
    );
    return { status: status.success };
  } catch (error) {
    if (error instanceof Problem) return { status: error.dimseStatus, errorComment: error.message };
    throw error;
  }
}
