/** Statuses of DIMSE responses that belong to no service in particular (PS3.7 Annex C). */
export const status = {
  success: 0x0000,
  pending: 0xff00,
  /** Matches are continuing, but one or more optional keys were not supported (PS3.4 Tables C.4-1 and K.4-1). */
  pendingWithUnsupportedKeys: 0xff01,
  cancel: 0xfe00,
  invalidAttributeValue: 0x0106,
  processingFailure: 0x0110,
  duplicateSOPInstance: 0x0111,
  noSuchSOPInstance: 0x0112,
  attributeListError: 0x0107,
  invalidObjectInstance: 0x0117,
  missingAttribute: 0x0120,
  missingAttributeValue: 0x0121,
  sopClassNotSupported: 0x0122,
  noSuchActionType: 0x0123,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
  resourceLimitation: 0x0213,
} as const;

/** As PS3.7 writes it, without the H: `A700`. Failure Reasons (0008,1197) are of the same kind. */
export function printedStatus(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/** PS3.7 C.1 to C.3. */
export function isWarning(value: number): boolean {
  return value === 0x0001 || value === 0x0107 || value === 0x0116 || value >> 12 === 0xb;
}

/** More responses to the same request follow. */
export function isPending(value: number): boolean {
  return value === status.pending || value === status.pendingWithUnsupportedKeys;
}

/** What is neither success, nor warning, nor pending, nor cancelled. */
export function isFailure(value: number): boolean {
  return value !== status.success && !isWarning(value) && !isPending(value) && value !== status.cancel;
}
