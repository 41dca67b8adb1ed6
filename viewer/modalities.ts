/**
 * To choose from, in the study list and in the worklist: those of PS3.3 C.7.3.1.1.1 that hospitals send, the usual ones first, then those
 * of teeth, bones, eyes, vessels, skin and tissue, and papers. With the long ones of therapy the filters of a phone would not fit beside
 * each other.
 */
export const modalities: readonly string[] =
  'CT MR DX CR US XA MG NM PT RF ES PX IO BMD RG OP OPT OPV IVUS ECG XC GM SM SR DOC OT'.split(' ');
