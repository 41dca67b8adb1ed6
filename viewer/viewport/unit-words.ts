// How a unit is written that a file names by a code (Measurement Units Code Sequence, 0040,08EA) or by a defined term.
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

/**
 * Units (0054,1001) of positron emission tomography (PS3.3 C.8.9.1.1.3), and Rescale Type (0028,1054) and Modality LUT Type (0028,3004),
 * where an optical density is in thousandths (C.11.1.1.2). What is not here is written as it is.
 */
const terms: Readonly<Record<string, string>> = {
  BQML: 'Bq/ml',
  CM2: 'cm²',
  CM2ML: 'cm²/ml',
  PCNT: '%',
  MGMINML: 'mg/min/ml',
  UMOLMINML: 'µmol/min/ml',
  MLMING: 'ml/min/g',
  MLG: 'ml/g',
  '1CM': '1/cm',
  UMOLML: 'µmol/ml',
  MLMINML: 'ml/min/ml',
  MLML: 'ml/ml',
  GML: 'g/ml',
  MGML: 'mg/ml',
  PCT: '%',
  OD: 'mOD',
};

export const termWords = (term: string): string => terms[term.toUpperCase()] ?? term;
