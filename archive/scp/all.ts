/** The DIMSE services, in the order people meet them: accepted contexts and the conformance statement come from here. */
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { get } from '#archive/scp/get.ts';
import { modalityWorklist } from '#archive/scp/modality-worklist.ts';
import { move } from '#archive/scp/move.ts';
import { performedStep, performedStepRetrieve } from '#archive/scp/performed-step.ts';
import { query } from '#archive/scp/query.ts';
import { storageCommitment } from '#archive/scp/storage-commitment.ts';
import { storage } from '#archive/scp/storage.ts';
import { verification } from '#archive/scp/verification.ts';
import type { Service } from '#dicom/dimse/service.ts';

export const services: readonly Service<ServiceContext>[] = [
  verification,
  storage,
  storageCommitment,
  query,
  move,
  get,
  modalityWorklist,
  performedStep,
  performedStepRetrieve,
];
