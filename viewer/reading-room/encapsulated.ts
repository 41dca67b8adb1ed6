// Encapsulated Document (0042,0011): its bytes, read for as long as something shows them.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { LoadError, loadError, type JsonDataset } from '../archive-client.ts';
import { readBulkData } from '../image-client.ts';
import { inlineBytes } from '../viewport/dicom-json.ts';
import { unpadded } from './unpadded.ts';

interface Encapsulated {
  /** undefined until they have come; the address is of a copy that is `type` whatever the file claims */
  read: { bytes: Uint8Array; url: string } | undefined;
  error: LoadError | undefined;
  again: () => void;
}

export function useEncapsulated(instance: JsonDataset, type: string): Encapsulated {
  const read = useSignal<Encapsulated['read']>(undefined);
  const error = useSignal<LoadError | undefined>(undefined);
  const attempt = useSignal(0);
  useEffect(() => {
    const stopped = new AbortController();
    let made: string | undefined;
    const begin = async () => {
      try {
        const uri = instance['00420011']?.BulkDataURI;
        const kept = uri ? await readBulkData(uri, stopped.signal) : inlineBytes(instance, '00420011');
        if (!kept) throw new LoadError('notFound');
        const bytes = unpadded(kept, instance);
        made = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
        read.value = { bytes, url: made };
      } catch (thrown) {
        if (!stopped.signal.aborted) error.value = loadError(thrown);
      }
    };
    error.value = undefined;
    void begin();
    return () => {
      stopped.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [instance, attempt.value]);
  return { read: read.value, error: error.value, again: () => (attempt.value += 1) };
}
