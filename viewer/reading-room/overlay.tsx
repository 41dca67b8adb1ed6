// The text in the four corners, the letters at the edges, and the scale bar. It speaks of the image that is drawn, never of the
// one still coming. All of it is data from outside: written as text only.
import { date, measure as written, personName, sex, time } from '../format.ts';
import { text } from '../text.ts';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, name, number, string } from '../viewport/dicom-json.ts';
import type { Frame } from '../viewport/display-sets.ts';
import { frameTimeOf, isCine } from '../viewport/film.ts';
import type { StackState } from '../viewport/stack-state.ts';
import { lossyOf } from '../viewport/lossy.ts';
import { edgeLetters, isMirrored } from '../viewport/orientation.ts';
import { scaleBar } from '../viewport/scale-bar.ts';
import { calibrationWords, magnification, screenScale } from '../viewport/screen-scale.ts';
import { windowWords } from '../tools/window-words.ts';
import { wordsAreHidden } from './corner-words.ts';
import { acquired, imageNumber, location, segment, seriesWords, technique } from './how-made.ts';
import { paperSize } from './paper.ts';
import type { Pane } from './pane.ts';
import { patientAge } from './patient-age.ts';
import { sideAndView } from './side-and-view.ts';

export function Overlay({ pane }: { pane: Pane }) {
  const state = pane.state.value;
  const frame = pane.frame.value;
  if (!frame || !state || pane.set.value?.kind !== 'images') return null;
  const { instance } = frame;
  const drawn = state.shown !== undefined;
  return (
    <div class="overlay">
      <Corner at="top left" lines={ofPatient(instance)} />
      <Corner at="top right" lines={ofStudy(instance)} />
      {drawn && (
        <>
          <Corner at="bottom left" stays={[wordsAreHidden.value && text('wordsHidden')]} lines={ofView(frame, state)} />
          <Corner
            at="bottom right"
            warnings={warnings(state)}
            stays={[lossyWords(instance), sideAndView(frame), shutterWords(state)]}
            lines={ofImage(frame, state)}
          />
          <Edges frame={frame} state={state} />
          <ScaleBar frame={frame} state={state} />
        </>
      )}
    </div>
  );
}

type Line = string | false | undefined;

const gapsNamed = 3;

function ofPatient(dataset: JsonDataset): Line[] {
  const about = [patientAge(dataset), sex(string(dataset, '00100040'))].filter(Boolean).join(' · ');
  return [
    personName(name(dataset, '00100010')) ?? text('noName'),
    string(dataset, '00100020'),
    [date(string(dataset, '00100030')), about].filter(Boolean).join(' · '),
  ];
}

/** What differs between viewports comes first: small ones show two lines. */
function ofStudy(dataset: JsonDataset): Line[] {
  const when = [date(string(dataset, '00080020')) ?? text('noDate'), time(string(dataset, '00080030'))];
  const place = string(dataset, '00080080');
  return [when.filter(Boolean).join(' '), seriesWords(dataset), string(dataset, '00081030'), place];
}

function ofView(frame: Frame, { window, color, inverted, set }: StackState): Line[] {
  const { instance, frameNumber } = frame;
  const thickness = number(functionalGroup(instance, '00289110', frameNumber), '00180050');
  return [
    segment(frame),
    technique(frame, set?.distinction),
    [thickness !== undefined && text('sliceOf', { thickness: written(thickness, 2) }), location(frame)]
      .filter(Boolean)
      .join(' · '),
    acquired(frame),
    [!color && window && windowWords(window, frame.suv), inverted && text('inverted')].filter(Boolean).join(' · '),
  ];
}

/** What would mislead whoever does not know it. */
function warnings({ overlays, turn, set }: StackState): Line[] {
  const gaps = set?.gaps ?? [];
  const missing = gaps.reduce((sum, { count }) => sum + count, 0);
  const places = gaps.slice(0, gapsNamed).map(({ after }) => written(after + 1));
  const at = [...places, gaps.length > gapsNamed && '…'].filter(Boolean).join(', ');
  return [
    overlays === 'failed' && text('overlaysFailed'),
    missing > 0 && text('slicesMissing', { n: written(missing), at }),
    isMirrored(turn) && text('mirrored'),
  ];
}

function ofImage(frame: Frame, state: StackState): Line[] {
  const { shown, set, scale, chosenRate } = state;
  const frameTime = set && isCine(set) ? frameTimeOf(set) : undefined;
  const rate = chosenRate ?? (frameTime && 1000 / frameTime);
  return [
    rate !== undefined && text('framesPerSecond', { n: written(rate, 1) }),
    text('zoomOf', { n: written(magnification(frame, scale) * 100) }),
    imageNumber(frame, shown!, set!.frames.length),
  ];
}

function lossyWords(instance: JsonDataset): string | undefined {
  const lossy = lossyOf(instance);
  if (!lossy) return undefined;
  const { certain, method, ratio } = lossy;
  const how = [method, ratio !== undefined && ratio > 0 && `${written(ratio, 1)}:1`].filter(Boolean).join(' ');
  return text(certain ? 'lossy' : 'lossyPerhaps', { how }).trim();
}

const shutterWords = ({ hasShutter, shutterWanted }: StackState) => hasShutter && !shutterWanted && text('shutterOff');

interface CornerProps {
  at: string;
  warnings?: Line[];
  /** What is said also while the words are hidden. */
  stays?: Line[];
  lines: Line[];
}

function Corner({ at, warnings: warned = [], stays = [], lines }: CornerProps) {
  const isSaid = (line: Line): line is string => Boolean(line);
  const said = (all: Line[], kind?: string) =>
    all.filter(isSaid).map((line, place) => (
      <bdi key={`${kind} ${place}`} class={kind}>
        {line}
      </bdi>
    ));
  return (
    <div class={`corner ${at}`}>
      {said(warned, 'warning')}
      {said(stays, 'stays')}
      {said(lines)}
    </div>
  );
}

function Edges({ frame, state }: { frame: Frame; state: StackState }) {
  const letters = edgeLetters(frame.instance, frame.frameNumber, state.turn);
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

const barRoom = 140;

/** How long a centimetre is on the screen, or on paper, and how far that may be trusted. */
function ScaleBar({ frame, state }: { frame: Frame; state: StackState }) {
  const { pixelsPerMm, state: calibration } = screenScale(frame, state);
  const bar = pixelsPerMm === undefined ? undefined : scaleBar(pixelsPerMm, barRoom);
  return (
    <div class="scale-bar">
      {bar && <span class="scale-line" style={{ '--long': bar.pixels }} />}
      <bdi>
        {bar && <strong>{lengthWords(bar.mm)}</strong>} {text(calibrationWords[calibration])}
        {paperSize.value === 'life' && ` · ${text(bar ? 'lifeSize' : 'notLifeSize')}`}
      </bdi>
    </div>
  );
}

function lengthWords(mm: number): string {
  if (mm >= 10) return text('scaleCm', { n: written(mm / 10) });
  // Of microscopes.
  return mm >= 0.1 ? text('scaleMm', { n: written(mm, 2) }) : text('scaleMicrometres', { n: written(mm * 1000, 2) });
}
