// A window in words. Values of PET that are uptake values to the reader are so here too.
import { measure } from '../format.ts';
import { text } from '../text.ts';
import type { Suv } from '../viewport/suv.ts';
import type { Window } from '../viewport/windows.ts';

export function windowWords({ center, width, table }: Window, suv?: Suv): string {
  if (table) return text('tableOf');
  const { factor, unit } = suv ?? { factor: 1, unit: '' };
  const across = width * factor;
  // Values of small units (PET, portal images) need the places that others do not.
  const digits = across >= 10 && !suv ? 0 : Math.min(8, Math.max(1, 2 + Math.ceil(-Math.log10(across))));
  const said = { center: measure(center * factor, digits), width: measure(across, digits) };
  return `${text('windowOf', said)} ${unit}`.trim();
}
