/** The archive that is pulled: which studies it has, how many instances each, and having one sent to us. */
import { numberValues, textValue, type Dataset } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { isUid } from '#dicom/data/uid.ts';
import { queryIdentifier, type QueryRetrieveLevel, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { type Concluded, find, move, type Moved } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { limits } from '#settings/limits.ts';

import { isSuccess, type Peer, plainSyntaxes, statusText, Unanswered, withPeer } from '../peer.ts';
import { halved } from './months.ts';

/** A study as the old archive tells of it. */
export interface StudyThere {
  readonly StudyInstanceUID: string;
  readonly StudyDate: string;
  /** Undefined where it does not count. */
  readonly instances: number | undefined;
}

const contexts = (sopClass: string) => [{ abstractSyntax: sopClass, transferSyntaxes: plainSyntaxes }];
const tag = (keyword: string) => tagOf(keyword) as number;
const [studyUID, seriesUID, instanceUID] = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'].map(tag) as [
  number,
  number,
  number,
];

/** Refused: Out of Resources (PS3.4 Table C.4-1). */
const outOfResources = 0xa700;

class NotToItsEnd extends Unanswered {
  override name = 'NotToItsEnd';
  readonly status: number | undefined;

  constructor(aeTitle: string, { status: answer, errorComment }: Concluded) {
    super(`${aeTitle} did not answer a query to its end: ${statusText(answer, errorComment)}.`);
    this.status = answer;
  }
}

export class OldArchive {
  readonly #peer: Peer;
  readonly #signal: AbortSignal;

  constructor(peer: Peer, signal: AbortSignal) {
    this.#peer = peer;
    this.#signal = signal;
  }

  /** @throws Error with a line for the person at the keyboard, when it cannot be asked */
  async reach(): Promise<void> {
    await withPeer(this.#peer, { contexts: contexts(studyRoot.find) }, async () => {});
  }

  /**
   * Studies of a month, as a range of dates, or of every date. Where an archive will not give so many at once, it is asked
   * for half of the days, and half of those.
   * @throws Error with a line for the person at the keyboard, also when the answer was not whole
   */
  async studies(range: string): Promise<StudyThere[]> {
    const found = await this.#dated(range);
    const studies = found.map((study) => ({
      StudyInstanceUID: textValue(study, studyUID),
      StudyDate: textValue(study, tag('StudyDate')),
      instances: numberValues(study, tag('NumberOfStudyRelatedInstances'))[0],
    }));
    // Some name a study once for each of its series.
    const byUid = new Map(studies.map((study) => [study.StudyInstanceUID, study]));
    return [...byUid.values()].filter(({ StudyInstanceUID }) => isUid(StudyInstanceUID));
  }

  /** Whether it is there, when it has just not answered. */
  async isReached(): Promise<boolean> {
    return await this.reach().then(
      () => true,
      () => false,
    );
  }

  /** Counted image by image, for archives that do not tell how many there are. */
  async countInstances(StudyInstanceUID: string): Promise<number> {
    const series = await this.#find('SERIES', { StudyInstanceUID, SeriesInstanceUID: '' });
    let count = 0;
    for (const one of series) {
      const SeriesInstanceUID = textValue(one, seriesUID);
      const images = await this.#find('IMAGE', { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: '' });
      count += new Set(images.map((image) => textValue(image, instanceUID))).size;
    }
    return count;
  }

  /** Has a study sent to a destination. @returns why not all of it was; undefined when it was */
  async move(StudyInstanceUID: string, destination: string): Promise<string | undefined> {
    const moved = await withPeer(
      this.#peer,
      { contexts: contexts(studyRoot.move), responseMs: limits.retrieve.silentMoveMs },
      (exchange) =>
        move(
          exchange,
          {
            sopClassUID: studyRoot.move,
            identifier: identifierOf('STUDY', { StudyInstanceUID }),
            destination,
          },
          { signal: this.#signal },
        ),
    );
    return whyNot(moved);
  }

  async #dated(range: string): Promise<Dataset[]> {
    try {
      return await this.#find('STUDY', {
        StudyDate: range,
        StudyInstanceUID: '',
        NumberOfStudyRelatedInstances: '',
      });
    } catch (error) {
      const halves = error instanceof NotToItsEnd && error.status === outOfResources ? halved(range) : undefined;
      if (!halves) throw error;
      return [...(await this.#dated(halves[0])), ...(await this.#dated(halves[1]))];
    }
  }

  async #find(level: QueryRetrieveLevel, keys: Readonly<Record<string, string>>): Promise<Dataset[]> {
    const found: Dataset[] = [];
    await withPeer(this.#peer, { contexts: contexts(studyRoot.find) }, async (exchange) => {
      const asked = { sopClassUID: studyRoot.find, identifier: identifierOf(level, keys) };
      const matches = find(exchange, asked, this.#signal);
      let next = await matches.next();
      for (; next.done !== true; next = await matches.next()) found.push(next.value);
      if (!isSuccess(next.value.status)) throw new NotToItsEnd(this.#peer.aeTitle, next.value);
    });
    return found;
  }
}

function identifierOf(level: QueryRetrieveLevel, keys: Readonly<Record<string, string>>): Dataset {
  return queryIdentifier(level, new Map(Object.entries(keys).map(([keyword, value]) => [tag(keyword), value])));
}

function whyNot({ status: answer, errorComment, suboperations: { failed } }: Moved): string | undefined {
  if (answer === status.success && failed === 0) return undefined;
  return failed > 0 ? `${failed} not sent, ${statusText(answer, errorComment)}` : statusText(answer, errorComment);
}
