/** `lightbox move`: has another archive send something to a destination that it knows (C-MOVE, PS3.4 C.4.2). */
import { tagOf } from '#dicom/data/dictionary.ts';
import { patientRoot, type QueryRetrieveLevel, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { move as sendMove } from '#dicom/dimse/requests.ts';
import type { Suboperations } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { variables } from '#settings/variables.ts';

import { BadUsage, type Command } from './command.ts';
import { interruptible } from './interruptible.ts';
import { peerUsage, readPeerArgs, statusText, withPeer } from './peer.ts';
import { counted } from './progress.ts';
import { identifierOf, readKeys } from './query-keys.ts';

/** Unique keys from the bottom: the lowest one that is given tells the level. */
const levels: readonly (readonly [keyword: string, level: QueryRetrieveLevel])[] = [
  ['SOPInstanceUID', 'IMAGE'],
  ['SeriesInstanceUID', 'SERIES'],
  ['StudyInstanceUID', 'STUDY'],
  ['PatientID', 'PATIENT'],
];

export const move: Command = {
  usage: `AET@host:port --to AET ${peerUsage} StudyInstanceUID=… [SeriesInstanceUID=…] [SOPInstanceUID=…]`,
  help: {
    en: 'has another archive send a study, series or image to a destination that it knows (C-MOVE)',
    vi: 'yêu cầu một kho ảnh khác gửi ca chụp, chuỗi hoặc ảnh đến nơi nhận mà nó biết (C-MOVE)',
  },
  async run(args, settings) {
    const { peer, others, values } = await readPeerArgs(args, settings, { to: { type: 'string' } });
    const to = variables.AE_TITLE.read.safeParse(values.to ?? '');
    if (!to.success) throw new BadUsage('--to names where it is sent to, by its AE title');
    const destination = to.data;
    const keys = readKeys(others);
    const level = levels.find(([keyword]) => keys.get(tagOf(keyword)))?.[1];
    if (!level) throw new BadUsage('name what to move, by StudyInstanceUID=…, SeriesInstanceUID=… or PatientID=…');
    const { move: sopClassUID } = level === 'PATIENT' ? patientRoot : studyRoot;
    const identifier = identifierOf(level, keys);
    const association = {
      contexts: [{ abstractSyntax: sopClassUID, transferSyntaxes: plainSyntaxes }],
      responseMs: limits.retrieve.silentMoveMs,
    };
    return await interruptible((signal) =>
      withPeer(peer, association, async (exchange) => {
        const moved = await sendMove(
          exchange,
          { sopClassUID, identifier, destination },
          { signal, progress: sayProgress },
        );
        const { failed } = moved.suboperations;
        for (const uid of moved.failedSOPInstanceUIDs) process.stdout.write(`failed: ${uid}\n`);
        process.stdout.write(`${summary(moved.suboperations)}\n`);
        if (moved.status === status.success && failed === 0) return 0;
        const next =
          moved.status === 0xa801
            ? ` Register ${destination} there, with its address and port.`
            : moved.status === status.cancel
              ? ''
              : ' Look into the logs of both sides.';
        process.stderr.write(`${peer.aeTitle} answered ${statusText(moved.status, moved.errorComment)}.${next}\n`);
        return 1;
      }),
    );
  },
};

/** Written over on a terminal, and not at all elsewhere. */
function sayProgress(counts: Suboperations): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${summary(counts)}\r`);
}

function summary({ remaining, completed, failed, warning }: Suboperations): string {
  const parts = [`${counted(completed + warning, 'image')} moved`];
  if (warning > 0) parts.push(`${warning} of them with a warning`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (remaining !== undefined && remaining > 0) parts.push(`${remaining} left`);
  return parts.join(', ');
}
