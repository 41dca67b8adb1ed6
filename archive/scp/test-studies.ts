/** For tests of C-MOVE and C-GET: an archive that holds four studies, who asks for them, and devices that they are moved to. */
import { type Uid, uid } from '#dicom/data/uid.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { openDestination, type TestDestination } from './test-destination.ts';
import {
  explicitLE,
  identifier,
  models,
  retrieve,
  startRetrievalArchive,
  type Retrieved,
  type RetrievalArchive,
  type Retrieving,
  type StoredInstance,
} from './test-retrieval.ts';

export const small = (study: string, series: string, instance: string, patientID: string): StoredInstance => ({
  sopClassUID: uid(secondaryCapture),
  sopInstanceUID: uid(instance),
  transferSyntaxUID: explicitLE,
  dataset: smallInstance({ study, series, instance, patientID }),
});
const twoSeries = (study: string, patient: string) =>
  ['1', '2'].flatMap((series) =>
    ['1', '2'].map((image) => small(study, `${study}.${series}`, `${study}.${series}.${image}`, patient)),
  );
/** Two studies of one patient, one of another: each with two series of two instances, and a last one with forty. */
const many = Array.from({ length: 40 }, (_, at) => small('4.4', '4.4.1', `4.4.1.${at + 1}`, 'MANY'));
const all = [...twoSeries('4.1', 'A'), ...twoSeries('4.2', 'A'), ...twoSeries('4.3', 'B'), ...many];

/** Data sets by SOP Instance UID. */
export const bytesOf = new Map(all.map(({ sopInstanceUID, dataset }) => [sopInstanceUID as string, dataset]));
/** UIDs of the instances of a study or series, whose UID theirs begin with. */
export const below = (prefix: string) => [...bytesOf.keys()].filter((each) => each.startsWith(prefix)).sort();
export const captures = [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [explicitLE] }];
export const study = (uids: string) => identifier('STUDY', { study: uids });

export interface ArchiveOfStudies extends RetrievalArchive {
  get(model: Uid, keys: Buffer, more?: Partial<Retrieving>): Promise<Retrieved>;
  /** By Study Root, where `more` does not say otherwise. */
  move(destination: string, keys: Buffer, more?: Partial<Retrieving>): Promise<Retrieved>;
  /** A device of its own in the registry. */
  device(of?: Omit<Parameters<typeof openDestination>[0], 'aeTitle'>): Promise<TestDestination & { aeTitle: string }>;
  closeDevices(): Promise<void>;
}

export async function startArchiveOfStudies(): Promise<ArchiveOfStudies> {
  const archive = await startRetrievalArchive();
  await archive.store(all);
  const open: TestDestination[] = [];
  let devices = 0;
  return {
    ...archive,
    get: (model, keys, more = {}) => retrieve(archive.port, { model, keys, contexts: captures, ...more }),
    move: (destination, keys, more = {}) =>
      retrieve(archive.port, { model: models.study.move, keys, destination, ...more }),
    async device(of = {}) {
      const aeTitle = `STORE${++devices}`;
      const destination = await openDestination({ aeTitle, ...of });
      open.push(destination);
      await archive.addDevice(aeTitle, destination.port);
      return { ...destination, aeTitle };
    },
    async closeDevices() {
      for (const destination of open.splice(0)) await destination[Symbol.asyncDispose]();
    },
  };
}
