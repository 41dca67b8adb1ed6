// Why a send is not through, and what to do about it.
import { FailureReason, failureSentence } from '../device-failure.tsx';
import { number } from '../format.ts';
import type { SendCause } from '../sending-client.ts';
import { text } from '../text.ts';
import { ours } from './current-sends.ts';

export function Cause({ cause, destination }: { cause: SendCause; destination: string }) {
  const { instances, others } = cause;
  const sentence = failureSentence(cause, { name: destination, ours: ours.value });
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
      <FailureReason failure={cause} />
    </>
  );
}
