// Why studies are flagged, in words.
import { addTexts, text, type Msg } from '../text.ts';
import { flagsTexts } from '../texts/flags.ts';

addTexts(flagsTexts);

const words = {
  'patient-differs': 'flagPatientDiffers',
  'demographics-differ': 'flagDemographicsDiffer',
  'study-differs': 'flagStudyDiffers',
  'version-waits': 'flagVersionWaits',
  'instance-in-two-studies': 'flagInTwoStudies',
} as const satisfies Record<string, Msg>;

/** A flag that is newer than the page is said as it is. */
export function flagReasons(flags: string[]): string {
  return flags.map((flag) => (isKnown(flag) ? text(words[flag]) : flag)).join('; ');
}

const isKnown = (flag: string): flag is keyof typeof words => flag in words;
