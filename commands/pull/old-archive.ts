/** The archive that is pulled: which studies it has, how many instances each, and having one sent to us. */
import { numberValues, textValue, type Dataset } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { isUid } from '#dicom/data/uid.ts';
import { queryIdentifier, type QueryRetrieveLevel, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { type Concluded, find, move, type Moved } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';

import { isSuccess, type Peer, statusText, Unanswered, withPeer } from '../peer.ts';
import { halved } from './months.ts';

/** A study as the old archive tells of it. */
export interface StudyThere {
  readonly StudyInstanceUID: string;
  readonly StudyDate: string;
  /** Undefined where it does not count. */
  readonly instances: number | undefined;
}

/** The unique keys of what is asked for, from the study down (PS3.4 C.4.2.2.1). */
export interface Moving {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID?: string;
  readonly SOPInstanceUID?: string;
}

export interface NotSent {
  readonly cause: string;
  /** The same without the images that it names: where nothing comes, they are none the worse for it. */
  readonly answer: string;
  /** It gave up at something in it, so that the rest may be had if asked for by itself. */
  readonly gaveUp: boolean;
}

const contexts = (sopClass: string) => [{ abstractSyntax: sopClass, transferSyntaxes: plainSyntaxes }];
const studyUID = tagOf('StudyInstanceUID');
const seriesUID = tagOf('SeriesInstanceUID');
const instanceUID = tagOf('SOPInstanceUID');

/** Refused: Out of Resources (PS3.4 Table C.4-1). */
const outOfResources = 0xa700;
/** Of a C-MOVE (PS3.4 Table C.4-2): refused, out of resources, unable to perform sub-operations; and failed, unable to process: Cxxx. */
const unableToPerform = 0xa702;
const unableToProcess = 0xc;

class NotToItsEnd extends Unanswered {
  override name = 'NotToItsEnd';
  readonly status: number | undefined;

  constructor(aeTitle: string, { status: answer, errorComment }: Concluded) {
    super(`${aeTitle} did not answer a query to its end: ${statusText(answer, errorComment)}.`);
    this.status = answer;
  }
}

/** It goes on with more than any archive has of one month, of no date, or in one series: it would the next time too. */
export class EndlessAnswer extends Unanswered {
  override name = 'EndlessAnswer';

  constructor(aeTitle: string, most: number) {
    super(`${aeTitle} gave more than ${most} matches to one query, and was stopped there. Look into its log.`);
  }
}

/** Of one query, of those that are kept. */
const mostMatches = 1_000_000;

/** PS3.5 Table 6.2-1. */
const uidCharacters = 64;

/** Empty where it is longer than it may be: there may be a million of them. */
const uidAt =
  (tag: number) =>
  (match: Dataset): string => {
    const text = textValue(match, tag);
    return text.length <= uidCharacters ? text : '';
  };

function studyThere(match: Dataset): StudyThere {
  return {
    StudyInstanceUID: uidAt(studyUID)(match),
    StudyDate: uidAt(tagOf('StudyDate'))(match),
    instances: numberValues(match, tagOf('NumberOfStudyRelatedInstances'))[0],
  };
}

type MoveLevel = 'STUDY' | 'SERIES' | 'IMAGE';

/** How long it may say nothing while it sends so much. */
const silentMovesMs: Readonly<Record<MoveLevel, number>> = {
  STUDY: limits.retrieve.silentMoveMs,
  SERIES: limits.retrieve.silentSeriesMoveMs,
  IMAGE: limits.dimse.responseMs,
};

export class OldArchive {
  readonly #peer: Peer;
  readonly #signal: AbortSignal;
  readonly #silentMovesMs: Readonly<Record<MoveLevel, number>>;
  readonly #mostMatches: number;

  constructor(peer: Peer, signal: AbortSignal, silentMs = silentMovesMs, matches = mostMatches) {
    this.#peer = peer;
    this.#signal = signal;
    this.#silentMovesMs = silentMs;
    this.#mostMatches = matches;
  }

  /** @throws Error with a line for the person at the keyboard, when it cannot be asked */
  async reach(): Promise<void> {
    await withPeer(this.#peer, { contexts: contexts(studyRoot.find) }, async () => {});
  }

  /**
   * Studies of a month, as a range of dates, or of every date. Where an archive will not give so many at once, it is asked
   * for half of the days, and half of those.
   * @param isWanted  the others are passed over, however many: of every date it has all that it has
   * @throws Error with a line for the person at the keyboard, also when the answer was not whole
   */
  async studies(range: string, isWanted: (study: StudyThere) => boolean = () => true): Promise<StudyThere[]> {
    const studies = await this.#dated(range, isWanted);
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
    const images = await this.images(StudyInstanceUID);
    return [...images.values()].reduce((count, { length }) => count + length, 0);
  }

  /** SOP Instance UIDs of a study, by Series Instance UID. */
  async images(StudyInstanceUID: string): Promise<Map<string, string[]>> {
    const series = await this.#find('SERIES', { StudyInstanceUID, SeriesInstanceUID: '' }, uidAt(seriesUID));
    const found = new Map<string, string[]>();
    for (const SeriesInstanceUID of new Set(series)) {
      const keys = { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: '' };
      found.set(SeriesInstanceUID, [...new Set(await this.#find('IMAGE', keys, uidAt(instanceUID)))]);
    }
    return found;
  }

  /** Has a study, a series or an image sent to a destination. @returns why not all of it was; undefined when it was */
  async move(what: Moving, destination: string): Promise<NotSent | undefined> {
    const level = what.SOPInstanceUID ? 'IMAGE' : what.SeriesInstanceUID ? 'SERIES' : 'STUDY';
    const moved = await withPeer(
      this.#peer,
      { contexts: contexts(studyRoot.move), responseMs: this.#silentMovesMs[level] },
      (exchange) =>
        move(
          exchange,
          { sopClassUID: studyRoot.move, identifier: identifierOf(level, { ...what }), destination },
          { signal: this.#signal },
        ),
    );
    return whyNot(moved);
  }

  async #dated(range: string, isWanted: (study: StudyThere) => boolean): Promise<StudyThere[]> {
    try {
      const keys = { StudyDate: range, StudyInstanceUID: '', NumberOfStudyRelatedInstances: '' };
      return await this.#find('STUDY', keys, studyThere, isWanted);
    } catch (error) {
      const halves = error instanceof NotToItsEnd && error.status === outOfResources ? halved(range) : undefined;
      if (!halves) throw error;
      return [...(await this.#dated(halves[0], isWanted)), ...(await this.#dated(halves[1], isWanted))];
    }
  }

  /** @param kept  what is kept of each match: it may bring much more than it was asked for */
  async #find<T>(
    level: QueryRetrieveLevel,
    keys: Readonly<Record<string, string>>,
    kept: (match: Dataset) => T,
    isWanted: (one: T) => boolean = () => true,
  ): Promise<T[]> {
    const found: T[] = [];
    await withPeer(this.#peer, { contexts: contexts(studyRoot.find) }, async (exchange) => {
      const asked = { sopClassUID: studyRoot.find, identifier: identifierOf(level, keys) };
      const matches = find(exchange, asked, this.#signal);
      let next = await matches.next();
      for (; next.done !== true; next = await matches.next()) {
        const one = kept(next.value);
        if (isWanted(one) && found.push(one) > this.#mostMatches)
          throw new EndlessAnswer(this.#peer.aeTitle, this.#mostMatches);
      }
      if (!isSuccess(next.value.status)) throw new NotToItsEnd(this.#peer.aeTitle, next.value);
    });
    return found;
  }
}

function identifierOf(level: QueryRetrieveLevel, keys: Readonly<Record<string, string>>): Dataset {
  return queryIdentifier(level, new Map(Object.entries(keys).map(([keyword, value]) => [tagOf(keyword), value])));
}

/** Images that are named where some were not sent: a line of the report stays one that can be read. */
const mostNamed = 20;

function whyNot({
  status: answer,
  errorComment,
  suboperations: { failed },
  failedSOPInstanceUIDs,
}: Moved): NotSent | undefined {
  if (answer === status.success && failed === 0) return undefined;
  const text = statusText(answer, errorComment);
  const named = failedSOPInstanceUIDs.slice(0, mostNamed).join(', ');
  const which = named && ` (${named}${failedSOPInstanceUIDs.length > mostNamed ? ', …' : ''})`;
  return {
    cause: failed > 0 ? `${failed} not sent${which}, ${text}` : text,
    answer: text,
    gaveUp: answer === unableToPerform || (answer !== undefined && answer >> 12 === unableToProcess),
  };
}
