// The viewer page: toolbar, series strip, and the stage with its viewports. Loaded lazily, because Cornerstone is large.
import { useSignal } from '@preact/signals';
import { useLocation } from '../router.tsx';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { personName } from '../format.ts';
import { isCut, whenLineIsBack } from '../line-back.ts';
import { Notice } from '../notice.tsx';
import { ended } from '../session.ts';
import { addTexts, text } from '../text.ts';
import { measuringTexts } from '../texts/measuring.ts';
import { readingRoomTexts } from '../texts/reading-room.ts';
import { toolsTexts } from '../texts/tools.ts';
import '../style/progress.css';
import '../style/reading-room.css';
import '../style/series-strip.css';
import '../style/stage.css';
import '../style/image-overlay.css';
import '../style/waiting-image.css';
import '../style/documents.css';
import '../style/keyboard-help.css';
import '../style/reading-room-widths.css';
import '../style/reading-room-print.css';
import type { PickedTool } from '../tools/tool.ts';
import { name } from '../viewport/dicom-json.ts';
import { isText } from '../viewport/display-sets.ts';
import { drawing, fetchDrawing } from '../viewport/drawing-code.ts';
import { hideOrShowWords, wordsAreHidden } from './corner-words.ts';
import { KeyboardHelp } from './keyboard-help.tsx';
import { listenToKeys } from './keys.ts';
import { followWhileLinked, linkOrUnlink } from './linked-scroll.ts';
import { NotShown } from './not-shown.tsx';
import { entries } from './listed-series.ts';
import * as open from './open-study.ts';
import type { Pane } from './pane.ts';
import { PaneView } from './pane-view.tsx';
import { followPoint, forgetPoint } from './point-in-space.ts';
import { frameNumberIn } from './place.ts';
import { PrintHead } from './print-head.tsx';
import { followWithLines, showOrHideReferenceLines } from './reference-lines.ts';
import { keepSameScale } from './same-scale.ts';
import { keyOf } from './series-entry.ts';
import { stepSeries } from './series-offers.ts';
import { SeriesStrip } from './series-strip.tsx';
import { activateNext, active, layout, panes, showAloneOrAll } from './stage.ts';
import { Toolbar } from './toolbar.tsx';
import { useWorkedOut } from './worked-out.ts';

// Browsers refuse an address that changes with every image of a quick scroll: Safari at a hundred changes in half a minute. Those
// of a reader who opens one series after another are made at once, so that whoever reloads the page then is where he was.
const addressEveryMs = 500;
const addressesAtOnce = 20;
/** Until when the changes that were made would have lasted at one in `addressEveryMs`. */
let addressesPaidUntil = -Infinity;

for (const texts of [readingRoomTexts, measuringTexts, toolsTexts]) addTexts(texts);
// Every viewport needs it, and says itself when it does not come.
fetchDrawing().catch(() => {});

export default function ViewerPage() {
  const { query } = useLocation();
  const studies = studiesIn(query['StudyInstanceUIDs']);
  const wanted = {
    studies,
    series: query['SeriesInstanceUID'],
    instance: query['SOPInstanceUID'],
    frame: frameNumberIn(query['FrameNumber']),
  };
  const help = useSignal(false);
  const { picked, pick } = usePicked(() => (help.value = true));
  useFollowing();
  useGoingOn(wanted);
  const title = useTitle();
  const { columns, rows } = layout.value;
  const hasReport = panes.value.some((pane) => isText(pane.set.value));
  return (
    <main class="reading-room" id="content" data-report={hasReport}>
      <h1 class="unseen">{title}</h1>
      <Opening wanted={wanted} />
      <Address studies={studies} />
      <Toolbar picked={picked} pick={pick} openHelp={() => (help.value = true)} />
      <SeriesStrip />
      <PrintHead />
      <div
        class="stage"
        data-words={wordsAreHidden.value ? 'hidden' : undefined}
        data-report={hasReport}
        style={{ gridTemplate: `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`, '--rows': rows }}
      >
        {panes.value.map((pane) => (
          <PaneView key={pane.id} pane={pane} picked={picked} reopen={() => open.reopen(wanted)} />
        ))}
        <Ends noStudy={studies.length === 0} reopen={() => open.reopen(wanted)} />
      </div>
      <KeyboardHelp open={help.value} close={() => (help.value = false)} />
    </main>
  );
}

/** The tool of the left button or one finger, and the keys, which pick one, too. */
function usePicked(openHelp: () => void) {
  const { route } = useLocation();
  const picked = useSignal<PickedTool | undefined>(undefined);
  const giveUpDrawing = () => drawing()?.cancelMeasuring() === true;
  const pick = (tool: PickedTool) => {
    giveUpDrawing(); // the next click would end it, and do nothing of what was picked
    picked.value = tool;
    drawing()?.draw(tool.kind === 'measure' ? tool : undefined);
  };
  // Step by step: what is being drawn or pointed at, then the tool that does it, then the page.
  const escape = () => {
    if (giveUpDrawing() || forgetPoint()) return;
    const tool = picked.peek();
    if (tool?.kind !== 'measure' && !tool?.ofSeveral) return route('/');
    picked.value = undefined;
    drawing()?.draw(undefined);
  };
  useEffect(() => {
    const stopKeys = listenToKeys({
      pick,
      stepSeries,
      nextViewport: activateNext,
      alone: () => showAloneOrAll(active.peek()),
      link: linkOrUnlink,
      lines: showOrHideReferenceLines,
      words: hideOrShowWords,
      help: openHelp,
      escape,
    });
    return () => {
      stopKeys();
      drawing()?.draw(undefined);
    };
  }, []);
  return { picked, pick };
}

/** What one viewport does with the others, for as long as the page is there. */
function useFollowing(): void {
  useEffect(() => {
    const stopFollowing = [followWhileLinked(), followWithLines(), followPoint(), keepSameScale()];
    return () => {
      for (const stop of stopFollowing) stop();
      wordsAreHidden.value = false;
      open.closeAll();
    };
  }, []);
}

/** What a cut line kept from coming, or the end of a session, goes on by itself. */
function useGoingOn(wanted: open.Wanted): void {
  // What is read of the images is worked out apart: with each of them the page, its toolbar and its strip would be made anew.
  const waitsForLine = useWorkedOut(
    () => troubles().some(isCut) || panes.value.some((pane) => pane.state.value?.cutOff),
  ).value;
  const isSignedOut = useWorkedOut(() => troubles().some((error) => error?.trouble === 'signedOut'));
  useEffect(() => {
    if (waitsForLine) return whenLineIsBack(() => open.reopen(wanted));
  }, [waitsForLine]);
  useEffect(() => {
    if (!ended.value && isSignedOut.peek()) open.reopen(wanted);
  }, [ended.value]);
}

/** Whose images are looked at, which stands above the page and on its tab. */
function useTitle(): string {
  const person = useWorkedOut(() => {
    const instance = active.value.frame.value?.instance ?? active.value.set.value?.instance;
    return instance && personName(name(instance, '00100010'));
  });
  const title = person.value ?? text('images');
  useEffect(() => {
    document.title = `${title} – ${text('lightbox')}`;
  });
  return title;
}

/**
 * Asks the archive for what the address names. It stands before the viewports, so that it has asked when they start Cornerstone, which
 * takes as long as the answer.
 */
function Opening({ wanted }: { wanted: open.Wanted }) {
  const { studies, series, instance, frame } = wanted;
  // Not when the page is painted, as other effects: a weak computer paints it for longer than the archive needs to answer.
  useLayoutEffect(() => {
    if (studies.length > 0) void open.openStudies(wanted);
  }, [studies.join(), series, instance, frame]);
  return null;
}

/** Reloading the page, or coming back to it, finds the image that was left. */
function Address({ studies }: { studies: string[] }) {
  const address = addressOf(studies, active.value);
  const entry = active.value.entry.value;
  const series = entry && keyOf(entry);
  const seriesInAddress = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!address) return;
    const change = () => {
      seriesInAddress.current = series;
      addressesPaidUntil = Math.max(addressesPaidUntil, performance.now()) + addressEveryMs;
      // The browser may be elsewhere already, at the list or at other studies: their address stays their own.
      const there = studiesIn(new URLSearchParams(location.search).get('StudyInstanceUIDs'));
      if (location.pathname === '/viewer' && there.join() === studies.join()) history.replaceState(null, '', address);
    };
    const waitMs = addressesPaidUntil - addressesAtOnce * addressEveryMs - performance.now();
    // On a weak computer a change takes as long as drawing the image: while somebody scrolls there is none.
    const isSameSeries = series === seriesInAddress.current;
    if (waitMs <= 0 && !isSameSeries) return change();
    const timer = setTimeout(change, Math.max(waitMs, isSameSeries ? addressEveryMs : 0));
    return () => clearTimeout(timer);
  }, [address]);
  return null;
}

const studiesIn = (list: string | null | undefined) => (list ?? '').split(',').filter(Boolean);

function addressOf(studies: string[], { entry, place, where }: Pane): string | undefined {
  if (!entry.value || !studies.includes(entry.value.study)) return undefined;
  const { SOPInstanceUID, frameNumber } = place.value ?? where.value.asked ?? where.value.left ?? {};
  const places = {
    StudyInstanceUIDs: studies.join(),
    SeriesInstanceUID: entry.value.uid,
    SOPInstanceUID,
    FrameNumber: frameNumber?.toString(),
  };
  const said = Object.entries(places).filter(([, uid]) => uid);
  return `/viewer?${said.map(([place, uid]) => `${place}=${uid!.split(',').map(encodeURIComponent).join()}`).join('&')}`;
}

const troubles = () => [
  open.failure.value,
  ...panes.value.map((pane) => pane.failure.value ?? pane.state.value?.error),
];

/** What stands in place of everything when there is no study to show. */
function Ends({ noStudy, reopen }: { noStudy: boolean; reopen: () => void }) {
  if (noStudy) return <Notice title={text('noStudyGiven')} />;
  if (open.failure.value) return <NotShown error={open.failure.value} retry={reopen} />;
  // What was open when the last image was withdrawn says so itself.
  const isEmpty = entries.value?.length === 0 && !panes.value.some(({ entry }) => entry.value);
  if (isEmpty) return <Notice icon="image" title={text('emptyStudy')} retry={reopen} />;
  return null;
}
