// Which side of the patient a projection shows, and how: without it a right breast or hand looks like a left one, and the front of a
// scintigram like its back.
import { measure as written } from '../format.ts';
import { text, type Msg } from '../text.ts';
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, items, number, numbersInPlace, string } from '../viewport/dicom-json.ts';
import type { Frame } from '../viewport/display-sets.ts';
import { projectionOf } from '../viewport/nuclear.ts';
import { sideOf } from '../viewport/orientation.ts';
import { someOf } from './some-of.ts';

const sides: Readonly<Record<string, Msg>> = { R: 'sideRight', L: 'sideLeft', B: 'sideBoth' };
const mostTeeth = 4;

export function sideAndView(frame: Frame): string | undefined {
  const side = sideOf(frame.instance, frame.frameNumber);
  const said = side && (sides[side] ? text(sides[side]) : side);
  return [said, viewOf(frame), beamOf(frame), teethOf(frame)].filter(Boolean).join(' · ') || undefined;
}

/** View Position (0018,5101), else the meaning of View Code Sequence (0054,0220), which a scintigram has for each detector. */
function viewOf({ instance, frameNumber }: Frame): string | undefined {
  const [code] = [instance, projectionOf(instance, frameNumber)].flatMap((where) => items(where, '00540220'));
  return string(instance, '00185101') ?? (code && string(code, '00080104'));
}

/**
 * From where an angiogram looks (PS3.3 C.8.7.5.1.2): one vessel hides another, and which of them depends on it. The angles of a frame
 * may differ from those of the first by an increment.
 */
function beamOf({ instance, frameNumber }: Frame): string | undefined {
  if (!['XA', 'RF'].includes(string(instance, '00080060') ?? '')) return undefined;
  const group = functionalGroup(instance, '00189405', frameNumber);
  const angle = (at: string, increments: string, [above, below]: [string, string]) => {
    const first = number(group, at);
    if (first === undefined) return undefined;
    const each = numbersInPlace(group, increments);
    const beyond = each.every((one) => one === 0) ? 0 : (each[frameNumber - 1] ?? NaN);
    // An arm that turned, and did not say where it was by then.
    if (!Number.isFinite(beyond)) return undefined;
    const degrees = Math.round(first + beyond);
    return `${degrees < 0 ? below : above} ${written(Math.abs(degrees))}°`;
  };
  const [primary, secondary] = [
    angle('00181510', '00181520', ['LAO', 'RAO']),
    angle('00181511', '00181521', ['CRA', 'CAU']),
  ];
  return [primary, secondary].filter(Boolean).join(' ') || undefined;
}

/** Which teeth an intraoral radiograph shows: Primary Anatomic Structure Sequence (0008,2228), CID 4018; else the region (0008,2218). */
function teethOf({ instance }: Frame): string | undefined {
  if (string(instance, '00080060') !== 'IO') return undefined;
  const [teeth, regions] = ['00082228', '00082218'].map((tag) => meanings(instance, tag));
  return someOf(teeth!.length > 0 ? teeth! : regions!, mostTeeth) || undefined;
}

const meanings = (instance: JsonDataset, tag: string) =>
  items(instance, tag).flatMap((code) => string(code, '00080104') ?? []);
