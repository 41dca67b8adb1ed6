// The viewer page: toolbar, series strip, and one viewport with its overlay. Loaded lazily, because Cornerstone is large.
import { useSignal } from '@preact/signals';
import { useLocation } from 'preact-iso';
import { useEffect, useRef } from 'preact/hooks';
import { personName } from '../format.ts';
import { Notice } from '../notice.tsx';
import { ended } from '../session.ts';
import { text } from '../text.ts';
import { name } from '../viewport/dicom-json.ts';
import { listen } from '../viewport/gestures.ts';
import { ImageStack } from '../viewport/image-stack.ts';
import { pan } from '../tools/pan.ts';
import { scroll } from '../tools/scroll.ts';
import { tools } from '../tools/all.ts';
import type { DragTool } from '../tools/tool.ts';
import { windowLevel } from '../tools/window-level.ts';
import { KeyboardHelp } from './keyboard-help.tsx';
import { listenToKeys } from './keys.ts';
import { Overlay } from './overlay.tsx';
import * as open from './open-study.ts';
import { SeriesStrip } from './series-strip.tsx';
import { Toolbar } from './toolbar.tsx';
import { Waiting } from './waiting.tsx';

export default function ViewerPage() {
  const { query, route } = useLocation();
  const viewport = useRef<HTMLDivElement>(null);
  const stack = useSignal<ImageStack | undefined>(undefined);
  const picked = useSignal<DragTool | undefined>(undefined);
  const help = useSignal(false);
  const cannotStart = useSignal(false);
  const studies = (query['StudyInstanceUIDs'] ?? '').split(',').filter(Boolean);
  const wanted = { studies, series: query['SeriesInstanceUID'], instance: query['SOPInstanceUID'] };

  useEffect(() => {
    let opened: ImageStack;
    try {
      opened = new ImageStack(viewport.current!, (state) => (open.stackState.value = state));
    } catch {
      cannotStart.value = true;
      return;
    }
    stack.value = opened;
    const stopGestures = listen(opened, {
      mouse: (button) => (button === 0 ? (picked.value ?? windowLevel) : ofButton(button))?.drag,
      finger: () => (picked.value ?? scroll).drag,
      fingerHeld: () => windowLevel.drag,
      twoFingers: pan.drag,
      wheel: (on, images) => on.scrollBy(images),
    });
    const stopKeys = listenToKeys(opened, {
      pick: (tool) => (picked.value = tool),
      stepSeries: (step) => open.stepSeries(step, opened),
      help: () => (help.value = true),
      leave: () => route('/'),
    });
    return () => {
      stopKeys();
      stopGestures();
      opened.close();
      open.closeAll();
    };
  }, []);

  useEffect(() => {
    if (stack.value && studies.length > 0) void open.openStudies(wanted, stack.value);
  }, [stack.value, studies.join(), wanted.series, wanted.instance]);

  // Signed in again: what failed for want of a session goes on by itself.
  useEffect(() => {
    const trouble = (open.failure.value ?? open.stackState.value?.error)?.trouble;
    if (stack.value && !ended.value && trouble === 'signedOut') open.reopen(wanted, stack.value);
  }, [ended.value]);

  useEffect(() => {
    const patient = open.instance.value && personName(name(open.instance.value, '00100010'));
    document.title = `${patient ?? text('images')} – ${text('lightbox')}`;
  });

  return (
    <main class="reading-room" id="content">
      <Toolbar stack={stack.value} picked={picked} openHelp={() => (help.value = true)} />
      <SeriesStrip onChoose={(entry) => stack.value && void open.openSeries(entry, stack.value)} />
      <section class="stage" aria-label={text('images')}>
        <div
          ref={viewport}
          class="viewport"
          data-shown={open.stackState.value?.shown}
          data-count={open.stackState.value?.series?.frames.length}
        />
        <Overlay />
        {stack.value && <Waiting stack={stack.value} />}
        <Ends
          noStudy={studies.length === 0}
          cannotStart={cannotStart.value}
          reopen={() => stack.value && open.reopen(wanted, stack.value)}
        />
      </section>
      <KeyboardHelp open={help.value} close={() => (help.value = false)} />
    </main>
  );
}

/** What stands in place of an image when there is none to come. */
function Ends({ noStudy, cannotStart, reopen }: { noStudy: boolean; cannotStart: boolean; reopen: () => void }) {
  if (cannotStart)
    return (
      <Notice title={text('imageNotShown')}>
        <p>{text('cannotDraw')}</p>
      </Notice>
    );
  if (noStudy) return <Notice title={text('noStudyGiven')} />;
  if (open.failure.value) return <Notice title={text('imageNotShown')} error={open.failure.value} retry={reopen} />;
  if (open.entries.value?.length === 0) {
    return <Notice icon="image" title={text('emptyStudy')} retry={reopen} />;
  }
  if (open.entries.value && !open.current.value) return <Notice icon="image" title={text('noImages')} />;
  return null;
}

const ofButton = (button: number) =>
  tools.find((tool): tool is DragTool => tool.kind === 'drag' && tool.button === button);
