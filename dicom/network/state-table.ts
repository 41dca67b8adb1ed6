/**
 * The state machine of the upper layer: PS3.8 Table 9-10, row by row. What the actions do is in `association.ts`.
 * An event that stands in no cell cannot happen in that state.
 */

/** Sta1 idle, 2 awaiting A-ASSOCIATE-RQ, 3 awaiting our answer, 4 connecting, 5 awaiting -AC or -RJ, 6 established,
 * 7 awaiting A-RELEASE-RP, 8 awaiting our release response, 9–12 both released at once, 13 awaiting the close. */
export type State =
  | 'Sta1'
  | 'Sta2'
  | 'Sta3'
  | 'Sta4'
  | 'Sta5'
  | 'Sta6'
  | 'Sta7'
  | 'Sta8'
  | 'Sta9'
  | 'Sta10'
  | 'Sta11'
  | 'Sta12'
  | 'Sta13';

/** Events 1–19 of Table 9-10, in its order. */
export type Event =
  | 'A-ASSOCIATE request'
  | 'connection confirmed'
  | 'A-ASSOCIATE-AC received'
  | 'A-ASSOCIATE-RJ received'
  | 'connection opened'
  | 'A-ASSOCIATE-RQ received'
  | 'A-ASSOCIATE accepted'
  | 'A-ASSOCIATE rejected'
  | 'P-DATA request'
  | 'P-DATA-TF received'
  | 'A-RELEASE request'
  | 'A-RELEASE-RQ received'
  | 'A-RELEASE-RP received'
  | 'A-RELEASE response'
  | 'A-ABORT request'
  | 'A-ABORT received'
  | 'connection closed'
  | 'ARTIM expired'
  | 'invalid PDU received';

export type Action =
  | 'AE1'
  | 'AE2'
  | 'AE3'
  | 'AE4'
  | 'AE5'
  | 'AE6'
  | 'AE7'
  | 'AE8'
  | 'DT1'
  | 'DT2'
  | 'AR1'
  | 'AR2'
  | 'AR3'
  | 'AR4'
  | 'AR5'
  | 'AR6'
  | 'AR7'
  | 'AR8'
  | 'AR9'
  | 'AR10'
  | 'AA1'
  | 'AA2'
  | 'AA3'
  | 'AA4'
  | 'AA5'
  | 'AA6'
  | 'AA7'
  | 'AA8';

// prettier-ignore
export const stateTable: Readonly<Record<State, Readonly<Partial<Record<Event, Action>>>>> = {
  Sta1: {
    'A-ASSOCIATE request': 'AE1', 'connection opened': 'AE5',
  },
  Sta2: {
    'A-ASSOCIATE-AC received': 'AA1', 'A-ASSOCIATE-RJ received': 'AA1', 'A-ASSOCIATE-RQ received': 'AE6',
    'P-DATA-TF received': 'AA1', 'A-RELEASE-RQ received': 'AA1', 'A-RELEASE-RP received': 'AA1',
    'A-ABORT received': 'AA2', 'connection closed': 'AA5', 'ARTIM expired': 'AA2', 'invalid PDU received': 'AA1',
  },
  Sta3: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'A-ASSOCIATE accepted': 'AE7', 'A-ASSOCIATE rejected': 'AE8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AA8',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta4: {
    'connection confirmed': 'AE2', 'A-ABORT request': 'AA2', 'connection closed': 'AA4',
  },
  Sta5: {
    'A-ASSOCIATE-AC received': 'AE3', 'A-ASSOCIATE-RJ received': 'AE4', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AA8',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta6: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA request': 'DT1', 'P-DATA-TF received': 'DT2', 'A-RELEASE request': 'AR1',
    'A-RELEASE-RQ received': 'AR2', 'A-RELEASE-RP received': 'AA8',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta7: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AR6', 'A-RELEASE-RQ received': 'AR8', 'A-RELEASE-RP received': 'AR3',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta8: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA request': 'AR7', 'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8',
    'A-RELEASE-RP received': 'AA8', 'A-RELEASE response': 'AR4',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta9: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AA8',
    'A-RELEASE response': 'AR9',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta10: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AR10',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta11: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AR3',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta12: {
    'A-ASSOCIATE-AC received': 'AA8', 'A-ASSOCIATE-RJ received': 'AA8', 'A-ASSOCIATE-RQ received': 'AA8',
    'P-DATA-TF received': 'AA8', 'A-RELEASE-RQ received': 'AA8', 'A-RELEASE-RP received': 'AA8',
    'A-RELEASE response': 'AR4',
    'A-ABORT request': 'AA1', 'A-ABORT received': 'AA3', 'connection closed': 'AA4', 'invalid PDU received': 'AA8',
  },
  Sta13: {
    'A-ASSOCIATE-AC received': 'AA6', 'A-ASSOCIATE-RJ received': 'AA6', 'A-ASSOCIATE-RQ received': 'AA7',
    'P-DATA-TF received': 'AA6', 'A-RELEASE-RQ received': 'AA6', 'A-RELEASE-RP received': 'AA6',
    'A-ABORT received': 'AA2', 'connection closed': 'AR5', 'ARTIM expired': 'AA2', 'invalid PDU received': 'AA7',
  },
};
