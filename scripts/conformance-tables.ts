/**
 * The tables of docs/conformance.md, made from the very lists that the code goes by: services, transfer syntaxes, problems,
 * searchable attributes, resources, limits. A marked section is replaced as a whole; the words around it are a person's.
 */
import { dicomwebResources } from '#archive/dicomweb/all.ts';
import { problems, type ProblemCode } from '#archive/problems.ts';
import { services } from '#archive/scp/all.ts';
import { hexTag } from '#dicom/data/dictionary.ts';
import { storageSOPClasses, verificationSOPClass } from '#dicom/data/sop-class.ts';
import { status } from '#dicom/dimse/status.ts';
import { implementationClassUID, implementationVersionName } from '#dicom/file/file-meta.ts';
import { applicationContextName } from '#dicom/network/associate-pdu.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { negotiate } from '#dicom/network/negotiate.ts';
import { type Rejection, rejections } from '#dicom/network/pdu.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { indexedAttributes, type Matching } from '#index/attributes.ts';
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
        ['Asynchronous operations performed at once, where negotiated', limits.dimse.operationsPerformed],
      ],
    ),
  services: () =>
    table(
      ['Service', 'Role', 'Requests performed', 'SOP classes'],
      services.map(({ name, commands, abstractSyntaxes }) => [
        name,
        'SCP',
        Object.keys(commands)
          .map((command) => command.replace('-RQ', ''))
          .join(', '),
        abstractSyntaxes(verificationSOPClass) ? verificationSOPClass : 'every storage SOP class, see section 10',
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
      ['Preference', 'Transfer syntax', 'UID', 'Frames over HTTP'],
      byPreference().flatMap((group, at) =>
        group.map((uid) => {
          const { name, mediaType } = transferSyntaxes.get(uid)!;
          return [at + 1, name, uid, mediaType];
        }),
      ),
    ),
  'store-statuses': () => table(['Status', 'Meaning', 'What the sender does'], storeStatuses.map(statusRow)),
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
  attributes: () =>
    table(
      ['Level', 'Attribute', 'Tag', 'VR', 'Matching'],
      indexedAttributes.map(({ level, keyword, tag, vr, matching }) => [
        level,
        keyword,
        `(${hexTag(tag).slice(0, 4)},${hexTag(tag).slice(4)})`,
        vr,
        matchedHow[matching],
      ]),
    ),
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
  'no reason given': `no presentation context, or a maximum PDU length below ${upperLayerLimits.smallestPeerPduBytes} bytes`,
  'application context name not supported': 'another application context',
  'calling AE title not recognized':
    'the caller is not in the device registry (it now waits there), or its title is none',
  'called AE title not recognized': 'not our `AE_TITLE`; upper and lower case differ',
  'protocol version not supported': 'version 1 is not among those offered',
  'temporary congestion': 'the device registry cannot be asked at the moment',
  'local limit exceeded': 'too many associations at once',
};

const matchedHow: Readonly<Record<Matching, string>> = {
  uid: 'list of UIDs',
  text: 'exact, wildcards',
  name: 'words or components without case and accents, wildcards',
  date: 'exact, range',
  time: 'exact to the precision given, range',
  number: 'exact',
  modalities: 'any of a list',
  none: 'returned only',
};

/** A problem of `archive/problems.ts`, or a status of PS3.7 Annex C, what it means here, and what helps. */
type StoreStatus = readonly [of: ProblemCode | keyof typeof status, meaning: string, remedy: string];

const storeStatuses: readonly StoreStatus[] = [
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

function statusRow([of, meaning, remedy]: StoreStatus): Cell[] {
  const number = of in problems ? problems[of as ProblemCode].dimse : status[of as keyof typeof status];
  return [`${number.toString(16).toUpperCase().padStart(4, '0')}H`, meaning, remedy];
}

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

type Cell = string | number;

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
