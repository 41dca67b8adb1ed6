/** The DIMSE services, in the order people meet them: accepted contexts and the conformance statement come from here. */
import type { Service } from '#dicom/dimse/service.ts';
import type { ServiceContext } from './service-context.ts';
import { get } from './get.ts';
import { modalityWorklist } from './modality-worklist.ts';
import { move } from './move.ts';
import { performedStep, performedStepRetrieve } from './performed-step.ts';
import { query } from './query.ts';
import { storageCommitment } from './storage-commitment.ts';
import { storage } from './storage.ts';
import { verification } from './verification.ts';

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
