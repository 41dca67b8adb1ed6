/** Modalities that are scheduled (PS3.3 C.7.3.1.1.1), the usual ones first. */
export const modalities = [
  'CT',
  'MR',
  'DX',
  'CR',
  'US',
  'XA',
  'MG',
  'RF',
  'BMD',
  'ES',
  'NM',
  'PT',
  'ECG',
  'OT',
] as const;
