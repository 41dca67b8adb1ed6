// Fetches what offers the samples only where it may be needed: for somebody who may store, in a list that is all but empty.
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { session } from '../session.ts';

export function Samples() {
  const part = useSignal<{ Offer: ComponentType } | undefined>(undefined);
  const mayStore = session.value?.rights.includes('store');
  useEffect(() => {
    if (!mayStore) return;
    // Nobody misses it who is offline.
    import('./samples.tsx').then(
      ({ SamplesOffer }) => (part.value = { Offer: SamplesOffer }),
      () => {},
    );
  }, [mayStore]);
  return part.value ? <part.value.Offer /> : null;
}
