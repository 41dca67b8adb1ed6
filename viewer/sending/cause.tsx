// Why a send is not through, and what to do about it.
import { associationWords } from '../association-words.ts';
import { number } from '../format.ts';
import type { SendCause, SendFailureCode } from '../sending-client.ts';
import { text, type Msg } from '../text.ts';
import { ours } from './current-sends.ts';

const words: Record<SendFailureCode, Msg> = {
  ...associationWords,
  associationLost: 'causeAssociationLost',
  endsAssociations: 'causeEndsAssociations',
  outOfResources: 'causeOutOfResources',
  notAuthorized: 'causeNotAuthorized',
  notUnderstood: 'causeNotUnderstood',
  answeredFailure: 'causeAnsweredFailure',
  sopClassNotTaken: 'causeSOPClassNotTaken',
  cannotReEncode: 'causeCannotReEncode',
  decodersBusy: 'causeDecodersBusy',
  objectUnreadable: 'causeObjectUnreadable',
  processingFailure: 'causeProcessingFailure',
  noDestination: 'causeNoDestination',
  nothingThere: 'causeNothingThere',
  tooManyInstances: 'causeTooManyInstances',
  notAllSent: 'causeNotAllSent',
};

export function Cause({ cause, destination }: { cause: SendCause; destination: string }) {
  const { code, reason, status, comment, sopClass = '', instances, others } = cause;
  const answer = [status, comment].filter(Boolean).join(' ') || reason;
  const sentence = text(words[code], { name: destination, aeTitle: ours.value, answer, sopClass });
  const extent = [
    instances !== undefined && text('imageCount', { n: number(instances) }),
    others !== undefined && text('causeOthers', { n: number(others) }),
  ].filter(Boolean);
  return (
    <>
      <p class="cause">
        {text('sendCause', { cause: sentence })}
        {extent.length > 0 && ` (${extent.join('; ')})`}
      </p>
      <p class="quiet">
        <bdi lang="en">{reason}</bdi>
      </p>
    </>
  );
}
