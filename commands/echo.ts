/** `lightbox echo`: asks a DICOM application whether it is there and takes us (C-ECHO, PS3.4 Annex A). */
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { echo as sendEcho } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';

import { BadUsage, type Command } from './command.ts';
import { peerUsage, readPeerArgs, statusText, withPeer } from './peer.ts';

export const echo: Command = {
  usage: `AET@host:port ${peerUsage}`,
  help: {
    en: 'asks a DICOM application whether it answers us (C-ECHO)',
    vi: 'kiểm tra một thiết bị DICOM có trả lời không (C-ECHO)',
  },
  async run(args, settings) {
    const { peer, others } = await readPeerArgs(args, settings, {});
    if (others.length > 0) throw new BadUsage('echo takes one AET@host:port');
    const began = performance.now();
    const contexts = [{ abstractSyntax: verificationSOPClass, transferSyntaxes: plainSyntaxes }];
    const answer = await withPeer(peer, { contexts }, sendEcho);
    if (answer !== status.success)
      throw new Error(`${peer.aeTitle} answered with ${statusText(answer, undefined)}. Look into its log.`);
    process.stdout.write(`${peer.aeTitle} answered after ${Math.round(performance.now() - began)} ms.\n`);
    return 0;
  },
};
