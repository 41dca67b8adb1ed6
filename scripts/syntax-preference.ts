/** Which transfer syntax an association gets, asked of the negotiation itself (PS3.8 9.3.3). */
import { services } from '#archive/scp/all.ts';
import { storageSOPClasses } from '#dicom/data/sop-class.ts';
import { implementationClassUID, implementationVersionName } from '#dicom/file/file-meta.ts';
import { applicationContextName } from '#dicom/network/associate-pdu.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { negotiate } from '#dicom/network/negotiate.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';

/** Groups of syntaxes that are liked equally, best first: as an association would be answered that offers all of them. */
export function byPreference(): string[][] {
  const groups: string[][] = [];
  let left: readonly string[] = [...transferSyntaxes.keys()];
  while (left.length > 0) {
    const best = chosen(left);
    const group = left.filter((uid) => chosen([uid, best]) === uid);
    groups.push(group);
    left = left.filter((uid) => !group.includes(uid));
  }
  return groups;
}

function chosen(proposed: readonly string[]): string {
  const abstractSyntax = [...storageSOPClasses.keys()][0]!;
  const { accept } = negotiate(
    {
      protocolVersion: 1,
      calledAETitle: 'LIGHTBOX',
      callingAETitle: 'ANY',
      applicationContext: applicationContextName,
      contexts: [{ id: 1, abstractSyntax, transferSyntaxes: proposed }],
      userInformation: {
        maximumLength: 0,
        implementationClassUID,
        implementationVersionName,
        roles: [],
        extended: [],
        commonExtended: [],
      },
    },
    { offers: services, limits: upperLayerLimits },
  );
  return accept.contexts[0]!.transferSyntax;
}
