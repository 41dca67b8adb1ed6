/** What a person types to find a row of the site: words in any order, without accents and case, of a name, a number or a title. */
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import { escapeLike } from './wildcards.ts';

/**
 * One pattern for LIKE per word, of which each is to be met: by words of names (index.study.patient_name_words), or by
 * anything else in lower case.
 */
export function typedPatterns(text = ''): string[] {
  const words = nameWords(foldPersonName(text)).trim().split(' ').filter(Boolean);
  return words.map((word) => `%${escapeLike(word)}%`);
}
