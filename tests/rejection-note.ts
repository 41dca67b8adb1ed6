/** Rejection notes for tests (IHE RAD TF-3 4.66): whole Key Object Selection documents, in Explicit VR Little Endian. */
import { fromDicomJson } from '#dicom/web/from-dicom-json.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { secondaryCapture } from './dataset-bytes.ts';

export const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';

export interface TestNote {
  /** Of its document title. */
  readonly code?: string;
  readonly scheme?: string;
  readonly instance: string;
  readonly study?: string;
  readonly series?: string;
  readonly patientID?: string;
  readonly issuer?: string;
  /** Instances by study, each as [series, instance]. */
  readonly rejects: Readonly<Record<string, readonly (readonly [series: string, instance: string])[]>>;
  readonly transferSyntax?: { readonly explicitVR: boolean; readonly bigEndian: boolean };
}

const text = (vr: string, ...Value: (string | number)[]) => ({ vr, Value });
const sequence = (...Value: object[]) => ({ vr: 'SQ', Value });
const reference = (instance: string) => ({
  '00081150': text('UI', secondaryCapture),
  '00081155': text('UI', instance),
});
const code = (value: string, scheme: string, meaning: string) =>
  sequence({ '00080100': text('SH', value), '00080102': text('SH', scheme), '00080104': text('LO', meaning) });

export function rejectionNote({
  code: title = '113001',
  scheme = 'DCM',
  instance,
  study = '1.2.3',
  series = `${study}.900`,
  patientID = 'P1',
  issuer,
  rejects,
  transferSyntax = { explicitVR: true, bigEndian: false },
}: TestNote): Buffer {
  const evidence = Object.entries(rejects).map(([StudyInstanceUID, named]) => ({
    '00081115': sequence(
      ...[...Map.groupBy(named, ([of]) => of)].map(([SeriesInstanceUID, instances]) => ({
        '00081199': sequence(...instances.map(([, each]) => reference(each))),
        '0020000E': text('UI', SeriesInstanceUID),
      })),
    ),
    '0020000D': text('UI', StudyInstanceUID),
  }));
  const dataset = fromDicomJson(
    {
      '00080005': text('CS', 'ISO_IR 192'),
      '00080016': text('UI', keyObjectSelection),
      '00080018': text('UI', instance),
      '00080020': text('DA', '20240115'),
      '00080023': text('DA', '20240115'),
      '00080030': text('TM', '101500'),
      '00080033': text('TM', '101500'),
      '00080050': { vr: 'SH' },
      '00080060': text('CS', 'KO'),
      '00080070': text('LO', 'TEST'),
      '00080090': { vr: 'PN' },
      '00081111': { vr: 'SQ' },
      '00100010': text('PN', 'NGUYỄN^VĂN ANH'),
      '00100020': text('LO', patientID),
      ...(issuer !== undefined && { '00100021': text('LO', issuer) }),
      '00100030': { vr: 'DA' },
      '00100040': { vr: 'CS' },
      '0020000D': text('UI', study),
      '0020000E': text('UI', series),
      '00200010': { vr: 'SH' },
      '00200011': text('IS', 900),
      '00200013': text('IS', 1),
      '0040A040': text('CS', 'CONTAINER'),
      '0040A043': code(title, scheme, 'Rejected'),
      '0040A050': text('CS', 'SEPARATE'),
      '0040A370': { vr: 'SQ' },
      '0040A372': { vr: 'SQ' },
      '0040A375': sequence(...evidence),
      '0040A491': text('CS', 'COMPLETE'),
      '0040A493': text('CS', 'UNVERIFIED'),
      '0040A504': sequence({ '00080105': text('CS', 'DCMR'), '0040DB00': text('CS', '2010') }),
      '0040A730': sequence(
        ...Object.values(rejects)
          .flat()
          .map(([, each]) => ({
            '00081199': sequence(reference(each)),
            '0040A010': text('CS', 'CONTAINS'),
            '0040A040': text('CS', 'IMAGE'),
          })),
      ),
    },
    { sequenceDepth: 8 },
  );
  return serializeDataset(dataset, transferSyntax);
}
