/** The DIMSE services, in the order people meet them: accepted contexts and the conformance statement come from here. */
import type { ServiceContext } from '#archive/scp/service-context.ts';
import { get } from '#archive/scp/get.ts';
import { move } from '#archive/scp/move.ts';
import { query } from '#archive/scp/query.ts';
import { storage } from '#archive/scp/storage.ts';
import { verification } from '#archive/scp/verification.ts';
import type { Service } from '#dicom/dimse/service.ts';

export const services: readonly Service<ServiceContext>[] = [verification, storage, query, move, get];
