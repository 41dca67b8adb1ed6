/**
 * The tables of docs/conformance.md, made from the very lists that the code goes by: services, transfer syntaxes, problems,
 * searchable attributes, resources, limits. A marked section is replaced as a whole; the words around it are a person's.
 */
import { dicomwebResources } from '#archive/dicomweb/all.ts';
import { services } from '#archive/scp/all.ts';
import { findExtensions, retrieveExtensions, worklistExtensions } from '#archive/scp/extended-negotiation.ts';
import { informationModels } from '#archive/scp/information-model.ts';
import { keywordOf, printedTag } from '#dicom/data/dictionary.ts';
import {
  modalityWorklistSOPClass,
  performedStepRetrieveSOPClass,
  performedStepSOPClass,
  storageCommitmentSOPClass,
  storageSOPClasses,
  verificationSOPClass,
} from '#dicom/data/sop-class.ts';
import { implementationClassUID, implementationVersionName } from '#dicom/file/file-meta.ts';
import { leniencies } from '#dicom/file/leniencies.ts';
import { applicationContextName } from '#dicom/network/associate-pdu.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { type Rejection, rejections } from '#dicom/network/pdu.ts';
import { cipherSuites } from '#dicom/network/secure.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { indexedAttributes, type Level, type Matching } from '#index/attributes.ts';
import { limits } from '#settings/limits.ts';
import { format, resolveConfig } from 'prettier';
import { findStatuses, retrieveStatuses, statusTable, storeStatuses } from './conformance-statuses.ts';
import { bytes, seconds, table } from './markdown-table.ts';
import { byPreference } from './syntax-preference.ts';

/** The document with every marked section made anew, formatted as the house does. @throws Error when a mark names no table */
export async function withTables(document: string, path: string): Promise<string> {
  const filled = document.replace(
    /(<!-- table: ([a-z-]+) -->\n)[\s\S]*?(<!-- end of table -->)/g,
    (_, mark: string, name: string, end: string) => {
      const make = tables[name];
      if (!make) throw new Error(`there is no table "${name}"`);
      return `${mark}\n${make()}\n\n${end}`;
    },
  );
  return await format(filled, { ...(await resolveConfig(path)), parser: 'markdown' });
}

export const tables: Readonly<Record<string, () => string>> = {
  implementation: () =>
    table(
      ['Item', 'Value'],
      [
        ['Application Context Name', applicationContextName],
        ['Implementation Class UID', implementationClassUID],
        ['Implementation Version Name', implementationVersionName],
        ['Maximum PDU length announced', bytes(limits.dimse.announcedPduBytes)],
        ['Associations at once', limits.dimse.associations],
        [
          'Of these, kept for devices that have none yet',
          limits.dimse.associations * limits.dimse.associationsKeptShare,
        ],
        ['Associations at once from one address', limits.dimse.associationsPerAddress],
        ['Associations at once of one device', limits.dimse.associationsPerDevice],
        ['Asynchronous operations performed at once, where negotiated', limits.dimse.operationsPerformed],
        ['Asynchronous operations invoked at once, where negotiated', limits.dimse.operationsInvoked],
      ],
    ),
  services: () =>
    table(
      ['Service', 'Role', 'Requests performed', 'SOP classes'],
      services.map(({ name, commands, abstractSyntaxes, asSCU }) => [
        name,
        asSCU === true ? 'SCP; SCU for C-GET, C-MOVE and sends' : 'SCP',
        Object.keys(commands)
          .map((command) => command.replace('-RQ', ''))
          .join(', '),
        namedClasses.filter(abstractSyntaxes).join(', ') || 'every storage SOP class, see annex A.2',
      ]),
    ),
  rejections: () =>
    table(
      ['Reason', 'Result', 'Source', 'Reason number', 'When'],
      Object.entries(rejections).map(([name, { result, source, reason }]) => [
        name,
        result === 1 ? '1, permanent' : '2, transient',
        source,
        reason,
        rejectedWhen[name as Rejection],
      ]),
    ),
  'transfer-syntaxes': () =>
    table(
      ['Preference', 'Transfer syntax', 'UID', 'Frames over HTTP', 'Decoded', 'Compressed into'],
      byPreference().flatMap((group, at) =>
        group.map((uid) => {
          const { name, mediaType, undecodable, encodeFrame } = transferSyntaxes.get(uid)!;
          return [at + 1, name, uid, mediaType, undecodable ?? 'yes', encodeFrame ? 'yes' : ''];
        }),
      ),
    ),
  leniencies: () =>
    table(
      ['What is read', 'Against', 'Function'],
      leniencies.map(({ name, reads, section }) => [reads, section, `\`${name}\``]),
    ),
  'store-statuses': () => statusTable(storeStatuses, 'sender'),
  'retrieve-statuses': () => statusTable(retrieveStatuses, 'requestor'),
  'web-resources': () =>
    table(
      ['Method', 'Address below `/dicom-web`', 'Right needed'],
      // The parts are for handling a request; the list is the same without them.
      dicomwebResources({} as never).map(({ method, path, right }) => [
        method.toUpperCase(),
        `\`${path.replaceAll(/:(\w+)/g, '{$1}')}\``,
        right,
      ]),
    ),
  'cipher-suites': () =>
    table(
      ['TLS 1.2 cipher suite', 'Profile'],
      cipherSuites.map((suite) => [
        suite,
        suite.startsWith('DHE') ? 'BCP 195 of RFC 7525 (PS3.15 B.9)' : 'BCP 195 of RFC 7525 and of RFC 9325',
      ]),
    ),
  'find-models': () =>
    table(
      ['Information model', 'SOP class of C-FIND', 'Levels'],
      informationModels.map(({ name, find, levels }) => [name, find, levels.map((level) => level.name).join(', ')]),
    ),
  'find-extensions': () => extensions(findExtensions),
  'retrieve-extensions': () => extensions(retrieveExtensions),
  'worklist-extensions': () => extensions(worklistExtensions),
  'find-statuses': () => statusTable(findStatuses, 'requestor'),
  'attributes-patient': () => attributesOf('patient'),
  'attributes-study': () => attributesOf('study'),
  'attributes-series': () => attributesOf('series'),
  'attributes-instance': () => attributesOf('instance'),
  limits: () =>
    table(
      ['Limit', 'Value', 'Beyond it'],
      [
        ['A-ASSOCIATE-RQ, all items', bytes(limits.dimse.associateRequestBytes), 'A-ABORT'],
        ['Presentation contexts', limits.dimse.presentationContexts, 'A-ABORT'],
        ['P-DATA-TF PDU', bytes(limits.dimse.acceptedPduBytes), 'A-ABORT'],
        ['Command set', bytes(limits.dimse.commandSetBytes), 'A-ABORT'],
        ['Connection without association (ARTIM)', seconds(limits.dimse.artimMs), 'the connection is closed'],
        ['Silence within a message', seconds(limits.dimse.stalledMessageMs), 'A-ABORT'],
        [
          'Least of a message, or of what is sent to the peer, within that time',
          bytes(limits.dimse.leastPaceBytes),
          'A-ABORT',
        ],
        ['Nothing taken of what is sent to the peer, at most', seconds(2 * limits.dimse.stalledMessageMs), 'A-ABORT'],
        ['Silence between messages', seconds(limits.dimse.idleAssociationMs), 'A-ABORT'],
        ['Response to a C-STORE sub-operation', seconds(limits.dimse.responseMs), 'A-ABORT'],
        ['Association with a move destination', seconds(limits.retrieve.connectMs), 'A702'],
        ['Identifier of C-MOVE or C-GET', bytes(limits.retrieve.identifierBytes), 'C000'],
        ['Instances of one C-MOVE or C-GET', limits.retrieve.instances, 'A701'],
        ['C-GET at once, but for the first one of a device', limits.retrieve.atOnce, 'A702'],
        ['C-GET at once of one device', limits.retrieve.getsPerCaller, 'A702'],
        ['C-MOVE at once, but for the first one to a destination or of a device', limits.retrieve.atOnce, 'A702'],
        ['C-MOVE at once to one destination', limits.retrieve.atOncePerDestination, 'A702'],
        ['Data set', bytes(limits.dataset.bytes), 'A700'],
        ['Sequences within sequences', limits.dataset.sequenceDepth, 'C000'],
        ['Deflated data set, inflated', bytes(limits.dataset.inflatedBytes), 'C000'],
        ['HTTP headers of a request', bytes(limits.http.headerBytes), '431'],
        [
          'Headers of one part of a STOW-RS request',
          bytes(limits.http.multipartHeaderBytes),
          'what follows is lost, or 400',
        ],
        ['Parts of a STOW-RS request that are no DICOM', limits.http.partsWithoutInstance, 'what follows is not read'],
        ['HTTP requests answered at once of one account or token', limits.http.answeredPerCaller, 'the next one waits'],
        ['The same from one address', limits.http.answeredPerAddress, 'the next one waits'],
        ['HTTP requests under way of one account or token', limits.http.requestsPerCaller, '503'],
        ['The same from one address', limits.http.requestsPerAddress, '503'],
        ['Parameters of a QIDO-RS request', limits.http.queryParameters, '400'],
        [
          'Matches in one QIDO-RS answer with attributes that are read from objects',
          limits.search.heads,
          'more with `offset`',
        ],
        ['Identifier of C-FIND', bytes(limits.search.identifierBytes), 'C000'],
        ['Elements of an identifier', limits.search.identifierElements, 'C000'],
        ['Attributes of a new performed procedure step', bytes(limits.performedStep.identifierBytes), '0110'],
        ['Attributes of one N-SET of it', bytes(limits.performedStep.change.identifierBytes), '0110'],
        [
          'All that was said of a performed procedure step, until what ends it',
          bytes(limits.performedStep.keptBytes),
          '0110',
        ],
        ['Performed procedure steps that one device begins within a day', limits.saidByDevicePerDay.steps, '0213'],
        ['Requests for storage commitment of one device within a day', limits.saidByDevicePerDay.commitments, '0213'],
        [
          'Attributes of steps in progress, and references, that one device has written down within a day',
          bytes(limits.saidByDevicePerDay.bytes),
          '0213',
        ],
        ['One step of a search in the database', seconds(limits.search.statementMs), 'A700, 503'],
        ['Matches in one QIDO-RS answer', limits.http.queryResults, 'more with `offset`'],
        ['Waiting of an HTTP request for its turn to be answered', seconds(limits.http.turnMs), '503'],
        ['Silence within an HTTP request or answer', seconds(limits.http.stalledMs), 'the connection is closed'],
        [
          'Least of an HTTP request, or of what is taken of an answer, within that time',
          bytes(limits.http.leastPaceBytes),
          'the connection is closed',
        ],
        ['Nothing taken of an HTTP answer, at most', seconds(2 * limits.http.stalledMs), 'the connection is closed'],
      ],
    ),
  'storage-classes': () =>
    table(
      ['SOP class', 'UID'],
      [...storageSOPClasses].map(([uid, name]) => [name, uid]),
    ),
};

const rejectedWhen: Readonly<Record<Rejection, string>> = {
  'no reason given': `no presentation context, a maximum PDU length below ${upperLayerLimits.smallestPeerPduBytes} bytes, or a user identity that is wrong or missing where the registry asks for it`,
  'application context name not supported': 'another application context',
  'calling AE title not recognized':
    'the caller is not in the device registry (it now waits there), or its title is none',
  'called AE title not recognized': 'not our `AE_TITLE`; upper and lower case differ',
  'protocol version not supported': 'version 1 is not among those offered',
  'temporary congestion': 'the device registry cannot be asked at the moment, or too many wrong passwords have come',
  'local limit exceeded': 'too many associations at once, in all, of the device or from the address',
};

const matchedHow: Readonly<Record<Matching, string>> = {
  uid: 'list of UIDs',
  text: 'exact, list, wildcards',
  name: 'words or components without case and accents, wildcards',
  date: 'exact, range',
  time: 'exact to the precision given, range',
  number: 'exact, list',
  modalities: 'any of a list, wildcards',
  uids: 'any of a list',
  none: 'returned only',
};

/** SOP classes of services other than storage that may be served. */
const namedClasses = [
  verificationSOPClass,
  storageCommitmentSOPClass,
  modalityWorklistSOPClass,
  performedStepSOPClass,
  performedStepRetrieveSOPClass,
  ...informationModels.flatMap(({ find, move, get }) => [find, move, get]),
];

/** What the index holds of one level. */
function attributesOf(level: Level): string {
  return table(
    ['Attribute', 'Tag', 'VR', 'Matching'],
    indexedAttributes
      .filter((attribute) => attribute.level === level)
      .map(({ keyword, tag, within, vr, matching }) => [
        within === undefined ? keyword : `${keywordOf(within)} > ${keyword}`,
        printedTag(tag),
        vr,
        matchedHow[matching],
      ]),
  );
}

function extensions(list: readonly { readonly name: string; readonly isDone: boolean }[]): string {
  return table(
    ['Byte', 'Behaviour', 'Answer to 1'],
    list.map(({ name, isDone }, at) => [at + 1, name, isDone ? '1, done' : '0, not done']),
  );
}
