// What a modality said of a step that is over, where something of it is missing here, and what to do about it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { number, personName } from '../format.ts';
import { Icon } from '../icons.tsx';
import { keepTold } from '../keep-told.ts';
import { listenForStudies } from '../study-list/live.ts';
import { text, type Msg } from '../text.ts';
import { performedFor, type Performed, type PerformedSeries, type Step } from './worklist-client.ts';

/** Images may still be on their way. */
const pace = { newsEveryMs: 10_000, lookEveryMs: 10_000 };

/** Keywords that the archive names (PS3.4 Table F.7.2-1). */
const said: Readonly<Record<string, Msg>> = {
  PerformedProcedureStepEndDate: 'saidEndDate',
  PerformedProcedureStepEndTime: 'saidEndTime',
  PerformedSeriesSequence: 'saidSeries',
  'PerformedSeriesSequence.SeriesInstanceUID': 'saidSeriesUID',
  'PerformedSeriesSequence.ProtocolName': 'saidProtocol',
};

const hasEnded = ({ state }: Performed): boolean => state !== 'in progress';

export function WhatIsMissing({ step: { id, changedAt } }: { step: Step }) {
  const performed = useSignal<Performed[]>([]);
  useEffect(() => {
    const look = async (stopped?: AbortSignal) => {
      // The list itself says when the archive does not answer.
      const all = await performedFor(id, stopped).catch(() => undefined);
      if (!all) return;
      performed.value = all.filter(hasEnded);
      // All is here: that stays so.
      if (all.every((step) => hasEnded(step) && step.instancesHere >= step.instances)) stop();
    };
    // Of whichever study: what comes need not have the Study Instance UID of the entry.
    const stop = keepTold(look, listenForStudies, pace);
    void look();
    return stop;
  }, [id, changedAt]);
  return performed.value.map(({ SOPInstanceUID, callingAETitle: name, instances, instancesHere, series, missing }) => (
    <div key={SOPInstanceUID} class="step-missing">
      {instancesHere < instances && (
        <p class="warning-line">
          <Icon name="warning" />
          {text('imagesMissing', { name, n: number(instances - instancesHere), total: number(instances) })}
        </p>
      )}
      {instancesHere < instances && <WhereToLook series={series} />}
      {missing.length > 0 && <p class="quiet">{text('saysLittle', { name, what: missing.map(wordOf).join(', ') })}</p>}
    </div>
  ));
}

/** Which series lack something, and who was at the modality. */
function WhereToLook({ series }: { series: readonly PerformedSeries[] }) {
  const lacking = series.filter(({ instances, instancesHere }) => instancesHere < instances);
  const names = new Set(lacking.flatMap(({ OperatorsName }) => OperatorsName.map((name) => personName(name) ?? '')));
  const who = [...names].filter(Boolean).join(', ');
  return (
    <>
      {lacking.map(({ ProtocolName, SeriesDescription, instances, instancesHere }, at) => (
        <p key={at} class="quiet">
          {text('seriesMissing', {
            name: SeriesDescription || ProtocolName || text('unnamedSeries'),
            n: number(instancesHere),
            total: number(instances),
          })}
        </p>
      ))}
      {who !== '' && <p class="quiet">{text('performedBy', { who })}</p>}
    </>
  );
}

function wordOf(keyword: string): string {
  const word = said[keyword];
  return word ? text(word) : keyword;
}
