/** Statuses of DIMSE responses that belong to no service in particular (PS3.7 Annex C). */
export const status = {
  success: 0x0000,
  processingFailure: 0x0110,
  sopClassNotSupported: 0x0122,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
} as const;

/** Failures are what is neither success, nor warning, nor pending, nor cancelled (PS3.7 C.1 to C.3). */
export function isFailure(value: number): boolean {
  const isWarning = value === 0x0001 || value === 0x0107 || value === 0x0116 || value >> 12 === 0xb;
  const isUnderway = value === 0xff00 || value === 0xff01 || value === 0xfe00;
  return value !== status.success && !isWarning && !isUnderway;
}
