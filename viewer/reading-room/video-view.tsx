// A video (PS3.5 8.2.5 to 8.2.9) in the browser's own player, which asks the archive for the pieces that it needs; a browser that
// cannot decode it, or not inside of what it is packed in, says so, and the copy can be saved for a program that can.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type LoadError, loadError } from '../archive-client.ts';
import { beside } from '../beside.ts';
import { date, personName } from '../format.ts';
import { readVideoHead, videoUrl } from '../image-client.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import { name, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { lossyOf } from '../viewport/lossy.ts';
import { videoEnding, videoHeadBytes, videoTypeOf } from '../viewport/video-type.ts';

export function VideoView({ set: { instance } }: { set: DisplaySet }) {
  const state = useSignal<'loading' | 'ready' | 'unplayable' | LoadError>('loading');
  const attempt = useSignal(0);
  useEffect(() => void (state.value = 'loading'), [instance, attempt.value]);
  const type = videoTypeOf(instance)!;
  const url = videoUrl(instance['7FE00010']?.BulkDataURI ?? '', type);
  const head = useSignal<Uint8Array>(new Uint8Array());
  useEffect(() => {
    const stopped = new AbortController();
    readVideoHead(url, videoHeadBytes, stopped.signal).then(
      (bytes) => (head.value = bytes),
      () => {}, // the player says why
    );
    return () => stopped.abort();
  }, [url, attempt.value]);
  const why = async () => {
    try {
      await readVideoHead(url, 1);
      state.value = 'unplayable';
    } catch (thrown) {
      state.value = loadError(thrown);
    }
  };
  const sop = string(instance, '00080018')!;
  const save = (
    <a class="button" href={url} download={`${sop}.${videoEnding(instance, head.value)}`}>
      {text('saveDocument')}
    </a>
  );
  if (typeof state.value === 'object')
    return <Notice title={text('imageNotShown')} error={state.value} retry={() => (attempt.value += 1)} />;
  const coding = lossyOf(instance)?.method ?? type;
  if (state.value === 'unplayable')
    return (
      <Notice icon="image" title={text('videoNotPlayed')}>
        <p>{text('videoNext', { coding })}</p>
        {save}
      </Notice>
    );
  const about = beside(
    personName(name(instance, '00100010')) ?? text('noName'),
    string(instance, '00100020'),
    date(string(instance, '00080023') ?? string(instance, '00080020')),
    text('lossy', { how: coding }),
  );
  return (
    <div class="document video" data-here="true" data-keys="own" data-video={state.value}>
      <header>
        <h2>{string(instance, '0008103E') ?? text('video')}</h2>
        <p>{about}</p>
        <p class="actions">{save}</p>
      </header>
      <video
        key={attempt.value}
        src={url}
        controls
        playsInline
        preload="metadata"
        aria-label={text('video')}
        onLoadedData={() => (state.value = 'ready')}
        onError={() => void why()}
      />
    </div>
  );
}
