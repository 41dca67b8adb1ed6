// How a unit is written that a file names by a code (Measurement Units Code Sequence, 0040,08EA).
import type { JsonDataset } from '../archive-client.ts';
import { string } from './dicom-json.ts';

/** Made of a letter or two each, as they are written everywhere: mm, cm2, g/ml, %. */
const plainUnit = /^[a-zµ°%]{1,4}[23]?([./][a-z%]{1,4}[23]?)*$/i;
const writtenOtherwise: Readonly<Record<string, string>> = { "[hnsf'U]": 'HU', Cel: '°C', um: 'µm' };

/**
 * Measurement Units Code Sequence (0040,08EA). A code of UCUM is mostly how the unit is written; its annotations in braces are words.
 * Where the code cannot be read (SRT G-A15A, UCUM 10*6/ul) its meaning is said.
 */
export function unitWords(unit: JsonDataset | undefined): string {
  if (!unit) return '';
  const code = string(unit, '00080100') ?? '';
  const words = string(unit, '00080104');
  if (code === '1') return words && !/^(1|no units?|unity|unitless)$/i.test(words) ? words : '';
  if (writtenOtherwise[code]) return writtenOtherwise[code];
  const [, annotation, rest] = /^\{([^}]*)\}(.*)$/.exec(code) ?? [];
  if (annotation && (rest === '' || plainUnit.test(rest!))) return `${annotation} ${rest}`.trim();
  return plainUnit.test(code) ? code : (words ?? code);
}
