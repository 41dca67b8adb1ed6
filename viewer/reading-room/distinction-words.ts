// What tells a display set from the others of its series, in words. Measured numbers are without marks between thousands: in Vietnamese
// a b-value of 1.000 would be one.
import { measure } from '../format.ts';
import { text } from '../text.ts';
import type { Distinction } from '../viewport/display-sets.ts';
import { timeOfDay } from './how-made.ts';

export function distinctionWords(distinction: Distinction): string {
  const { orientation, localizer, echoTimeMs, bValue, phase } = distinction;
  const { instanceNumber, description, acquiredAt, imageType, alike } = distinction;
  return [
    instanceNumber !== undefined && text('instanceOf', { n: instanceNumber }),
    description,
    acquiredAt && text('acquiredAt', { time: timeOfDay(acquiredAt) ?? acquiredAt }),
    imageType,
    alike && text('alikeOf', { n: alike.number, total: alike.of }),
    localizer && text('localizer'),
    orientation && text(orientation),
    echoTimeMs !== undefined && text('echoOf', { n: measure(echoTimeMs, 1) }),
    bValue !== undefined && text('bValueOf', { n: measure(bValue) }),
    phase && text('phaseOfSeveral', { n: phase.number, total: phase.of }),
  ]
    .filter(Boolean)
    .join(' · ');
}
