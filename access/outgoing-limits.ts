/** Limits of associations that we open: those of the door where the settings mean both directions, and what the purpose needs. */
import { type UpperLayerLimits, upperLayerLimits } from '#dicom/network/limits.ts';
import { limits } from '#settings/limits.ts';
import type { Settings } from '#settings/settings.ts';

export type OutgoingLimits = Settings['dimse']['outgoing'];

/**
 * `DIMSE_PDU_KIB` is announced here as there. `DIMSE_ARTIM_SECONDS`, where it is set, is how long the other side may take to
 * answer the connection and our proposal: who has made it longer has a slow network, in both directions.
 * `DIMSE_IDLE_SECONDS` is not for these: on an association of ours it is we who are silent, while a large image is decoded.
 * @param own.artimMs     of the purpose, where the setting says nothing
 * @param own.responseMs  how long a request may be unanswered, where not as everywhere
 */
export function outgoingLimits(
  set: OutgoingLimits,
  own: { readonly artimMs: number; readonly responseMs?: number },
): UpperLayerLimits {
  return { ...upperLayerLimits, ...limits.dimse, ...own, ...set };
}
