// The text in the four corners and the letters at the edges. It speaks of the image that is drawn, never of the one still
// coming. All of it is data from outside: written as text only.
import { date, number as written, personName, sex, time } from '../format.ts';
import { text } from '../text.ts';
import type { JsonDataset } from '../archive-client.ts';
import { name, number, numbers, string } from '../viewport/dicom-json.ts';
import { calibrationOf } from '../viewport/image-series.ts';
import { edgeLetters } from '../viewport/orientation.ts';
import { current, instance, stackState } from './open-study.ts';

export function Overlay() {
  const state = stackState.value;
  const dataset = instance.value;
  if (!dataset || !state) return null;
  const drawn = state.shown !== undefined;
  return (
    <div class="overlay">
      <Corner at="top left" lines={ofPatient(dataset)} />
      <Corner at="top right" lines={ofStudy(dataset)} />
      {drawn && (
        <>
          <Corner at="bottom left" lines={ofView(dataset)} />
          <Corner at="bottom right" lines={ofImage(dataset)} />
          <Edges dataset={dataset} />
        </>
      )}
    </div>
  );
}

type Line = string | undefined;

function ofPatient(dataset: JsonDataset): Line[] {
  const about = [age(string(dataset, '00101010')), sex(string(dataset, '00100040'))].filter(Boolean).join(' · ');
  return [
    personName(name(dataset, '00100010')) ?? text('noName'),
    string(dataset, '00100020'),
    [date(string(dataset, '00100030')), about].filter(Boolean).join(' · '),
  ];
}

function ofStudy(dataset: JsonDataset): Line[] {
  const when = [date(string(dataset, '00080020')) ?? text('noDate'), time(string(dataset, '00080030'))];
  const place = string(dataset, '00080080');
  return [when.filter(Boolean).join(' '), place, string(dataset, '00081030'), string(dataset, '0008103E')];
}

function ofView(dataset: JsonDataset): Line[] {
  const { window, zoom } = stackState.value!;
  const thickness = number(dataset, '00180050');
  const location = number(dataset, '00201041');
  return [
    thickness === undefined ? undefined : text('sliceOf', { thickness: written(thickness, 2) }),
    location === undefined ? undefined : text('locationOf', { n: written(location, 1) }),
    window && text('windowOf', { center: written(window.center), width: written(window.width) }),
    text('zoomOf', { n: written(zoom * 100) }),
  ];
}

function ofImage(dataset: JsonDataset): Line[] {
  const { shown, series } = stackState.value!;
  const calibration = calibrationOf(dataset);
  const lossy = string(dataset, '00282110') === '01';
  const ratio = numbers(dataset, '00282112').at(-1);
  return [
    calibration === 'none' ? text('uncalibrated') : undefined,
    calibration === 'atDetector' ? text('atDetector') : undefined,
    lossy ? text('lossy', { ratio: ratio ? `${written(ratio, 1)}:1` : '' }).trim() : undefined,
    current.value?.number === undefined ? undefined : text('seriesNumber', { n: current.value.number }),
    text('imageOf', { n: written(shown! + 1), total: written(series!.frames.length) }),
  ];
}

function Corner({ at, lines }: { at: string; lines: Line[] }) {
  const shown = lines.filter((line): line is string => Boolean(line));
  return (
    <div class={`corner ${at}`}>
      {shown.map((line, place) => (
        <bdi key={place}>{line}</bdi>
      ))}
    </div>
  );
}

function Edges({ dataset }: { dataset: JsonDataset }) {
  const letters = edgeLetters(dataset);
  if (!letters) return null;
  return (
    <>
      {Object.entries(letters).map(([side, letter]) => (
        <span key={side} class={`edge ${side}`}>
          {letter}
        </span>
      ))}
    </>
  );
}

/** Patient's Age (0010,1010), three digits and a unit (PS3.5 6.2, AS). */
function age(value: string | undefined): string | undefined {
  const [, digits, unit] = /^(\d{1,3})([DWMY])$/.exec(value ?? '') ?? [];
  if (!digits || !unit) return undefined;
  const message = ({ D: 'days', W: 'weeks', M: 'months', Y: 'age' } as const)[unit as 'D' | 'W' | 'M' | 'Y'];
  return text(message, { n: Number(digits) });
}
