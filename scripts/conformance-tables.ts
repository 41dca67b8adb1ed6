/**
 * The tables of docs/conformance.md, made from the very lists that the code goes by: services, transfer syntaxes, problems,
 * searchable attributes, resources, limits. A marked section is replaced as a whole; the words around it are a person's.
 */
import { dicomwebResources } from '#archive/dicomweb/all.ts';
import { problems, type ProblemCode } from '#archive/problems.ts';
import { services } from '#archive/scp/all.ts';
import { findExtensions, retrieveExtensions } from '#archive/scp/extended-negotiation.ts';
import { pendingWithUnsupportedKeys } from '#archive/scp/query.ts';
import { informationModels } from '#archive/scp/information-model.ts';
import { retrieveStatus } from '#archive/scp/retrieval.ts';
import { hexTag, keywordOf } from '#dicom/data/dictionary.ts';
import {
  modalityWorklistSOPClass,
  performedStepRetrieveSOPClass,
  performedStepSOPClass,
  storageCommitmentSOPClass,
  storageSOPClasses,
  verificationSOPClass,
} from '#dicom/data/sop-class.ts';
import { status } from '#dicom/dimse/status.ts';
import { implementationClassUID, implementationVersionName } from '#dicom/file/file-meta.ts';
import { leniencies } from '#dicom/file/leniencies.ts';
import { applicationContextName } from '#dicom/network/associate-pdu.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { negotiate } from '#dicom/network/negotiate.ts';
import { type Rejection, rejections } from '#dicom/network/pdu.ts';
import { cipherSuites } from '#dicom/network/secure.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { indexedAttributes, type Level, type Matching } from '#index/attributes.ts';
import { limits } from '#settings/limits.ts';
import { format, resolveConfig } from 'prettier';

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
        namedClasses.filter(abstractSyntaxes).join(', ') || 'every storage SOP class, see section 10',
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
  'store-statuses': () => table(['Status', 'Meaning', 'What the sender does'], storeStatuses.map(statusRow)),
  'retrieve-statuses': () => table(['Status', 'Meaning', 'What the requestor does'], retrieveStatuses.map(statusRow)),
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
  'find-statuses': () => table(['Status', 'Meaning', 'What the requestor does'], findStatuses.map(statusRow)),
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
        ['Transfer syntaxes of one presentation context', limits.dimse.transferSyntaxesPerContext, 'A-ABORT'],
        ['P-DATA-TF PDU', bytes(limits.dimse.acceptedPduBytes), 'A-ABORT'],
        ['Command set', bytes(limits.dimse.commandSetBytes), 'A-ABORT'],
        ['Connection without association (ARTIM)', seconds(limits.dimse.artimMs), 'the connection is closed'],
        ['Silence within a message', seconds(limits.dimse.stalledMessageMs), 'A-ABORT'],
        ['Silence between messages', seconds(limits.dimse.idleAssociationMs), 'A-ABORT'],
        ['Response to a C-STORE sub-operation', seconds(limits.dimse.responseMs), 'A-ABORT'],
        ['Association with a move destination', seconds(limits.retrieve.connectMs), 'A702'],
        ['Identifier of C-MOVE or C-GET', bytes(limits.retrieve.identifierBytes), 'A900'],
        ['Instances of one C-MOVE or C-GET', limits.retrieve.instances, 'A701'],
        ['C-MOVE and C-GET at once', limits.retrieve.atOnce, 'A702'],
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
        ['Parameters of a QIDO-RS request', limits.http.queryParameters, '400'],
        [
          'Matches in one QIDO-RS answer with attributes that are read from objects',
          limits.search.heads,
          'more with `offset`',
        ],
        ['Identifier of C-FIND', bytes(limits.search.identifierBytes), 'C000'],
        ['Elements of an identifier', limits.search.identifierElements, 'C000'],
        ['One step of a search in the database', seconds(limits.search.statementMs), 'A700, 503'],
        ['Matches in one QIDO-RS answer', limits.http.queryResults, 'more with `offset`'],
        ['Silence within an HTTP request or answer', seconds(limits.http.stalledMs), 'the connection is closed'],
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

/** A problem of `archive/problems.ts`, a status of PS3.7 Annex C or of a service, what it means here, and what helps. */
type Status = readonly [of: ProblemCode | keyof typeof status | number, meaning: string, remedy: string];

const storeStatuses: readonly Status[] = [
  ['success', 'kept: bytes and index rows are durable; also for what was there already, and for a version', 'nothing'],
  ['outOfResources', 'no space in storage, or the database takes no rows', 'sends again later'],
  ['tooLarge', 'more bytes than the limit of section 9', 'nothing helps'],
  ['missingIdentity', 'Study, Series or SOP Instance UID is missing or is not a UID', 'corrects the data set'],
  [
    'doesNotMatchSOPClass',
    'SOP Class or SOP Instance UID (STOW-RS: Study Instance UID) differs from the one announced',
    'corrects the data set or the request',
  ],
  ['cannotUnderstand', 'the data set is damaged or ends early; the Error Comment says where', 'sends it whole again'],
  ['processingFailure', 'storage failed, or something unexpected happened', 'sends again; tells the operator'],
  [
    'sopClassNotSupported',
    'the Affected SOP Class UID is not that of the presentation context',
    'uses the right presentation context',
  ],
  ['notAuthorized', 'this caller may not store', 'asks the operator'],
  ['unrecognizedOperation', 'the SOP class has no such request', 'nothing helps'],
  ['mistypedArgument', 'no Affected SOP Instance UID (0000,1000)', 'corrects the request'],
];

const findStatuses: readonly Status[] = [
  ['pending', 'a match; every key was supported', 'reads on'],
  [pendingWithUnsupportedKeys, 'a match; a key is not in section 8, or not of this level: it is empty', 'reads on'],
  ['success', 'all matches were given; also when there was none', 'nothing'],
  ['cancel', 'stopped by C-CANCEL', 'nothing'],
  [
    'doesNotMatchSOPClass',
    'level or unique keys are not those of the information model, or a value cannot be read; Offending Element says which',
    'corrects the identifier',
  ],
  ['cannotUnderstand', 'the identifier is damaged or too long', 'corrects the identifier'],
  ['unavailable', 'the database does not answer, or not in time', 'asks again later'],
  ['notAuthorized', 'this caller may not read', 'asks the operator'],
  ['processingFailure', 'something unexpected happened', 'tells the operator'],
];

const retrieveStatuses: readonly Status[] = [
  ['success', 'every instance that was found has arrived; also when none was found', 'nothing'],
  ['pending', 'under way; with the numbers of sub-operations', 'waits'],
  ['cancel', 'stopped by C-CANCEL; with the number that remains', 'nothing'],
  [
    retrieveStatus.someFailed,
    'some failed, or were answered with a warning; Failed SOP Instance UID List (0008,0058) names those that failed',
    'asks for those again',
  ],
  [
    retrieveStatus.unableToPerform,
    'not one arrived; the Error Comment says why; or too much at once',
    'asks again later',
  ],
  [retrieveStatus.tooManyMatches, 'more instances than the limit of section 9', 'asks for less at once'],
  [
    retrieveStatus.destinationUnknown,
    'the device registry has no approved device of this title with a port',
    'asks the operator',
  ],
  [
    retrieveStatus.doesNotMatch,
    'level or unique keys are not those of the information model; the Error Comment says which',
    'corrects the identifier',
  ],
  ['cannotUnderstand', 'the identifier is damaged', 'corrects the identifier'],
  ['notAuthorized', 'this caller may not read', 'asks the operator'],
  ['processingFailure', 'something unexpected happened', 'tells the operator'],
];

function statusRow([of, meaning, remedy]: Status): Cell[] {
  if (typeof of === 'number') return [`${hex(of)}H`, meaning, remedy];
  const number = of in problems ? problems[of as ProblemCode].dimse : status[of as keyof typeof status];
  return [`${hex(number)}H`, meaning, remedy];
}

const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');

/** Groups of syntaxes that are liked equally, best first: as an association would be answered that offers all of them. */
function byPreference(): string[][] {
  const groups: string[][] = [];
  let left: readonly string[] = [...transferSyntaxes.keys()];
  while (left.length > 0) {
    const best = chosen(left);
    const group = left.filter((uid) => chosen([uid, best]) === uid);
    groups.push(group);
    left = left.filter((uid) => !group.includes(uid));
  }
  return groups;
}

function chosen(proposed: readonly string[]): string {
  const abstractSyntax = [...storageSOPClasses.keys()][0]!;
  const { accept } = negotiate(
    {
      protocolVersion: 1,
      calledAETitle: 'LIGHTBOX',
      callingAETitle: 'ANY',
      applicationContext: applicationContextName,
      contexts: [{ id: 1, abstractSyntax, transferSyntaxes: proposed }],
      userInformation: {
        maximumLength: 0,
        implementationClassUID,
        implementationVersionName,
        roles: [],
        extended: [],
        commonExtended: [],
      },
    },
    { offers: services, limits: upperLayerLimits },
  );
  return accept.contexts[0]!.transferSyntax;
}

/** What the index holds of one level. */
function attributesOf(level: Level): string {
  const parenthesized = (tag: number) => `(${hexTag(tag).slice(0, 4)},${hexTag(tag).slice(4)})`;
  return table(
    ['Attribute', 'Tag', 'VR', 'Matching'],
    indexedAttributes
      .filter((attribute) => attribute.level === level)
      .map(({ keyword, tag, within, vr, matching }) => [
        within === undefined ? keyword : `${keywordOf(within)} > ${keyword}`,
        parenthesized(tag),
        vr,
        matchedHow[matching],
      ]),
  );
}

type Cell = string | number;

function extensions(list: readonly { readonly name: string; readonly isDone: boolean }[]): string {
  return table(
    ['Byte', 'Behaviour', 'Answer to 1'],
    list.map(({ name, isDone }, at) => [at + 1, name, isDone ? '1, done' : '0, not done']),
  );
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let at = 0;
  let value = count;
  for (; value % 1024 === 0 && at < units.length - 1; at++) value /= 1024;
  return `${value} ${units[at]}`;
}

const seconds = (ms: number): string =>
  ms % 60_000 === 0 && ms > 60_000 ? `${ms / 60_000} minutes` : `${ms / 1000} s`;
