/** Value representations of private attributes (PS3.5 Section 7.8), by the private creator that reserved their block. */
import { privateDictionaryTable } from './private-dictionary-table.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly vrs: ReadonlyMap<string, string>;
}

const byCreator = new Map<string, Range[]>();

/** Read when the first private attribute without a VR is met. */
function load(): void {
  for (const line of privateDictionaryTable.split('\n')) {
    const [creator, groups = '', elements = ''] = line.split('\t');
    if (!creator) continue;
    const [from = '', to = from] = groups.split('-');
    const vrs = new Map(elements.split(' ').map((each) => [each.slice(0, -2), each.slice(-2)]));
    const range = { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16), vrs };
    byCreator.set(creator, [...(byCreator.get(creator) ?? []), range]);
  }
}

/** The VR of a private attribute; UN where nobody has published it. @param creator padding removed */
export function privateVR(creator: string, tag: number): string {
  if (byCreator.size === 0) load();
  const group = Math.floor(tag / 0x10000);
  const digits = (tag & 0xffff).toString(16).toUpperCase().padStart(4, '0');
  for (const { from, to, vrs } of byCreator.get(creator) ?? []) {
    if (group < from || group > to) continue;
    const vr = vrs.get(digits.slice(2)) ?? vrs.get(digits);
    if (vr) return vr;
  }
  return 'UN';
}
