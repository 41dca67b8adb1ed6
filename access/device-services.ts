/** What a device may do here, by the abstract syntax of a presentation context (PS3.4). */
import { isStorageSOPClass } from '#dicom/data/sop-class.ts';

/** As the registry writes them. */
export const deviceServices = ['store', 'query-retrieve', 'worklist', 'mpps', 'commitment'] as const;
export type DeviceService = (typeof deviceServices)[number];

/** Modality worklist (PS3.4 K.6.1), MPPS with its retrieval and notification (F.7 to F.9), storage commitment (J.3). */
const others = new Map<string, DeviceService>([
  ['1.2.840.10008.5.1.4.31', 'worklist'],
  ['1.2.840.10008.3.1.2.3.3', 'mpps'],
  ['1.2.840.10008.3.1.2.3.4', 'mpps'],
  ['1.2.840.10008.3.1.2.3.5', 'mpps'],
  ['1.2.840.10008.1.20.1', 'commitment'],
]);

/** @returns undefined for what anybody may do: Verification, and what is not served at all */
export function deviceService(abstractSyntax: string): DeviceService | undefined {
  const known = others.get(abstractSyntax);
  if (known) return known;
  // The information models of Query/Retrieve (C.6): C-FIND, C-MOVE and C-GET of each.
  if (abstractSyntax.startsWith('1.2.840.10008.5.1.4.1.2.')) return 'query-retrieve';
  return isStorageSOPClass(abstractSyntax) ? 'store' : undefined;
}

/** Whether a device may do what a presentation context is for. C-GET brings instances on contexts of their own. */
export function allowing(services: ReadonlySet<DeviceService>): (abstractSyntax: string) => boolean {
  return (abstractSyntax) => {
    const service = deviceService(abstractSyntax);
    return service === undefined || services.has(service);
  };
}
