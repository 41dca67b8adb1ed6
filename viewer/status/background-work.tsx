// What the worker has to do, does, and failed to do, with the causes and the way to try again.
import type { FailedJob, JobCause, Status } from '../administration-client.ts';
import { number } from '../format.ts';
import { moment } from '../moment.ts';
import { text, type Msg } from '../text.ts';
import { failedJobs, retry } from './current-status.ts';
import { WorkButton } from '../work-button.tsx';

const names: Readonly<Record<string, Msg>> = { thumbnail: 'jobThumbnail', 'series-metadata': 'jobSeriesMetadata' };
const causeWords: Readonly<Record<JobCause['code'], Msg>> = {
  storageFull: 'jobStorageFull',
  storageAway: 'jobStorageAway',
  tooManyFiles: 'faultTooManyFiles',
  objectMissing: 'jobObjectMissing',
  storageFailed: 'jobStorageFailed',
  databaseAway: 'jobDatabaseAway',
  decodersBusy: 'jobDecodersBusy',
  tookTooLong: 'jobTookTooLong',
  unexpected: 'jobUnexpected',
};
const nameOf = (job: string) => (names[job] ? text(names[job]) : job);

export function BackgroundWork({ queue }: { queue: Status['queue'] }) {
  return (
    <section class="panel" aria-labelledby="background-work">
      <h2 id="background-work">{text('statusQueue')}</h2>
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">{text('jobName')}</th>
            <th scope="col">{text('jobWaiting')}</th>
            <th scope="col">{text('jobRunning')}</th>
            <th scope="col">{text('jobFailed')}</th>
          </tr>
        </thead>
        <tbody>
          {queue.jobs.map(({ name, waiting, running, failed }) => (
            <tr key={name}>
              <th scope="row">{nameOf(name)}</th>
              <td>{number(waiting)}</td>
              <td>{number(running)}</td>
              <td class={failed > 0 ? 'bad' : ''}>{number(failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{text(queue.on === 'redis' ? 'queueOnRedis' : 'queueOnPostgresql')}</p>
      {failedJobs.value.length > 0 && <Failed />}
    </section>
  );
}

function Failed() {
  return (
    <div class="failed-jobs">
      <div class="page-title">
        <div>
          <h3>{text('failedTitle')}</h3>
          <p class="quiet">{text('failedNext')}</p>
        </div>
        <WorkButton work={() => retry()}>{text('retryAll')}</WorkButton>
      </div>
      <ul>
        {failedJobs.value.map((job) => (
          <FailedLine key={`${job.name} ${job.key}`} job={job} />
        ))}
      </ul>
    </div>
  );
}

function FailedLine({ job }: { job: FailedJob }) {
  return (
    <li class="failed-job">
      <div>
        <p>
          <strong>{nameOf(job.name)}</strong> <span class="quiet">{moment(job.failedAt)}</span>
        </p>
        <p class="cause">{text(causeWords[job.cause.code])}</p>
        <p class="quiet">
          <bdi lang="en">{job.cause.reason}</bdi>
        </p>
        <p>
          <a href={`/viewer?StudyInstanceUIDs=${encodeURIComponent(job.StudyInstanceUID)}`}>{text('openItsStudy')}</a>
        </p>
      </div>
      <WorkButton work={() => retry(job)}>{text('retryOne')}</WorkButton>
    </li>
  );
}
