// Devices that were never told that their images are safely stored, and what to do about it.
import type { UnreportedCommitments } from '../administration-client.ts';
import { FailureReason, failureSentence } from '../device-failure.tsx';
import { number } from '../format.ts';
import { moment } from '../moment.ts';
import { text } from '../text.ts';
import { WorkButton } from '../work-button.tsx';
import { retryReports } from './current-status.ts';

/** @param aeTitle ours */
export function Unreported({ devices, aeTitle }: { devices: readonly UnreportedCommitments[]; aeTitle: string }) {
  return (
    <section class="panel" aria-labelledby="unreported">
      <div class="page-title">
        <div>
          <h2 id="unreported">{text('unreportedTitle')}</h2>
          <p class="quiet">{text('unreportedNext')}</p>
        </div>
        <WorkButton work={retryReports}>{text('retryAll')}</WorkButton>
      </div>
      <ul class="failed-jobs">
        {devices.map(({ callingAETitle, host, requests, since, failure }) => (
          <li key={`${callingAETitle} ${host}`} class="failed-job">
            <div>
              <p>
                <strong>
                  <bdi>{callingAETitle}</bdi>
                </strong>{' '}
                {host !== null && <bdi>({host})</bdi>}{' '}
                {text('unreportedRequests', { n: number(requests), when: moment(since) ?? '' })}
              </p>
              {failure && (
                <>
                  <p class="cause">{failureSentence(failure, { name: callingAETitle, ours: aeTitle })}</p>
                  <FailureReason failure={failure} />
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
