// Devices that were never told that their images are safely stored, and what to do about it.
import type { UnreportedCommitments } from '../administration-client.ts';
import { moment, number } from '../format.ts';
import { text } from '../text.ts';
import { WorkButton } from '../work-button.tsx';
import { retryReports } from './current-status.ts';

export function Unreported({ devices }: { devices: readonly UnreportedCommitments[] }) {
  return (
    <section class="panel" aria-labelledby="unreported">
      <div class="page-title">
        <div>
          <h2 id="unreported">{text('unreportedTitle')}</h2>
          <p class="quiet">{text('unreportedNext')}</p>
        </div>
        <WorkButton label={text('retryAll')} work={retryReports} />
      </div>
      <ul class="failed-jobs">
        {devices.map(({ callingAETitle, requests, since, reason }) => (
          <li key={callingAETitle} class="failed-job">
            <div>
              <p>
                <strong>
                  <bdi>{callingAETitle}</bdi>
                </strong>{' '}
                {text('unreportedRequests', { n: number(requests), when: moment(since) ?? '' })}
              </p>
              <p class="quiet">
                <bdi lang="en">{reason}</bdi>
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
