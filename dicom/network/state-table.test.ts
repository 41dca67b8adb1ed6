import { expect, test } from 'vitest';

import { type Event, type State, stateTable } from './state-table.ts';

/** PS3.8 Table 9-10 once more, as it is printed: a row for each event, a column for each of Sta1 … Sta13. */
const printed: Record<Event, string> = {
  'A-ASSOCIATE request': 'AE1 - - - - - - - - - - - -',
  'connection confirmed': '- - - AE2 - - - - - - - - -',
  'A-ASSOCIATE-AC received': '- AA1 AA8 - AE3 AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA6',
  'A-ASSOCIATE-RJ received': '- AA1 AA8 - AE4 AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA6',
  'connection opened': 'AE5 - - - - - - - - - - - -',
  'A-ASSOCIATE-RQ received': '- AE6 AA8 - AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA7',
  'A-ASSOCIATE accepted': '- - AE7 - - - - - - - - - -',
  'A-ASSOCIATE rejected': '- - AE8 - - - - - - - - - -',
  'P-DATA request': '- - - - - DT1 - AR7 - - - - -',
  'P-DATA-TF received': '- AA1 AA8 - AA8 DT2 AR6 AA8 AA8 AA8 AA8 AA8 AA6',
  'A-RELEASE request': '- - - - - AR1 - - - - - - -',
  'A-RELEASE-RQ received': '- AA1 AA8 - AA8 AR2 AR8 AA8 AA8 AA8 AA8 AA8 AA6',
  'A-RELEASE-RP received': '- AA1 AA8 - AA8 AA8 AR3 AA8 AA8 AR10 AR3 AA8 AA6',
  'A-RELEASE response': '- - - - - - - AR4 AR9 - - AR4 -',
  'A-ABORT request': '- - AA1 AA2 AA1 AA1 AA1 AA1 AA1 AA1 AA1 AA1 -',
  'A-ABORT received': '- AA2 AA3 - AA3 AA3 AA3 AA3 AA3 AA3 AA3 AA3 AA2',
  'connection closed': '- AA5 AA4 AA4 AA4 AA4 AA4 AA4 AA4 AA4 AA4 AA4 AR5',
  'ARTIM expired': '- AA2 - - - - - - - - - - AA2',
  'invalid PDU received': '- AA1 AA8 - AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA7',
};

test('every cell of Table 9-10 is as it is printed', () => {
  for (const [event, row] of Object.entries(printed) as [Event, string][]) {
    const ours = Array.from({ length: 13 }, (_, n) => stateTable[`Sta${n + 1}` as State][event] ?? '-').join(' ');
    expect(`${event}: ${ours}`).toBe(`${event}: ${row}`);
  }
});
