/** `lightbox find`: asks another archive what it has (C-FIND, PS3.4 C.4.1), as a table or as DICOM JSON. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { textValues, numberValues } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { patientRoot, queryRetrieveLevels, type QueryRetrieveLevel, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { find as sendFind } from '#dicom/dimse/requests.ts';
import { dicomJsonText, toDicomJson } from '#dicom/web/dicom-json.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';

import { BadUsage, type Command } from './command.ts';
import { interruptible } from './interruptible.ts';
import { isSuccess, peerUsage, readPeerArgs, statusText, withPeer } from './peer.ts';
import { printable } from './printable.ts';
import { counted } from './progress.ts';
import { identifierOf, nameOf, readKeys } from './query-keys.ts';

/** What is asked back at each level beside the keys: what tells one match from another. */
const columns: Readonly<Record<QueryRetrieveLevel, readonly string[]>> = {
  PATIENT: ['PatientID', 'PatientName', 'PatientBirthDate', 'PatientSex'],
  STUDY: [
    'StudyDate',
    'StudyTime',
    'ModalitiesInStudy',
    'PatientID',
    'PatientName',
    'StudyDescription',
    'NumberOfStudyRelatedInstances',
    'StudyInstanceUID',
  ],
  SERIES: ['SeriesNumber', 'Modality', 'SeriesDescription', 'NumberOfSeriesRelatedInstances', 'SeriesInstanceUID'],
  IMAGE: ['InstanceNumber', 'SOPClassUID', 'SOPInstanceUID'],
};
/** Rows that are looked at for the widths of the table before the first is written. */
const measuredRows = 200;
const widestColumn = 64;

export const find: Command = {
  usage: `AET@host:port [--level patient|study|series|image] [--patient-root] [--limit N] [--json] ${peerUsage} Keyword=value …`,
  help: {
    en: 'asks another archive what it has (C-FIND): lightbox find PACS@10.0.0.9:104 PatientName=NGUYEN* StudyDate=20260101-',
    vi: 'hỏi một kho ảnh khác có những gì (C-FIND): lightbox find PACS@10.0.0.9:104 PatientName=NGUYEN* StudyDate=20260101-',
  },
  async run(args, settings) {
    const { peer, others, values } = await readPeerArgs(args, settings, {
      level: { type: 'string', default: 'study' },
      'patient-root': { type: 'boolean', default: false },
      limit: { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const level = readLevel(values.level);
    const limit = readLimit(values.limit);
    const keys = readKeys(others);
    for (const keyword of columns[level]) {
      const tag = tagOf(keyword);
      if (!keys.has(tag)) keys.set(tag, '');
    }
    const identifier = identifierOf(level, keys);
    const { find: sopClassUID } = values['patient-root'] || level === 'PATIENT' ? patientRoot : studyRoot;
    const show = values.json ? new JsonLines() : new Table(tableTags(keys, level));
    return await interruptible((signal) =>
      withPeer(peer, { contexts: [{ abstractSyntax: sopClassUID, transferSyntaxes: plainSyntaxes }] }, async (to) => {
        const matches = sendFind(to, { sopClassUID, identifier }, signal);
        let found = 0;
        let next = await matches.next();
        for (; next.done !== true && found < limit; next = await matches.next()) {
          show.row(next.value);
          found++;
        }
        show.end();
        if (next.done !== true) await matches.return({ status: undefined, errorComment: undefined }); // C-CANCEL
        const what = counted(found, 'match', 'matches');
        const isWhole = next.done === true && isSuccess(next.value.status);
        if (next.done === true && !isWhole && !signal.aborted) {
          const why = statusText(next.value.status, next.value.errorComment);
          throw new Error(`${peer.aeTitle} gave ${what} and then answered ${why}. Check level and keys.`);
        }
        process.stderr.write(`${what}${isWhole ? '' : '; there may be more'}\n`);
        return isWhole || !signal.aborted ? 0 : 1;
      }),
    );
  },
};

function readLevel(text: string): QueryRetrieveLevel {
  const level = queryRetrieveLevels.find((name) => name === text.toUpperCase());
  if (!level) throw new BadUsage(`"${text}" is no level; there are patient, study, series, image`);
  return level;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadUsage('--limit takes a whole number, 1 or more');
  return Number(text);
}

/** The level's own first, as people read them; then what else was asked for. */
function tableTags(keys: ReadonlyMap<number, string>, level: QueryRetrieveLevel): number[] {
  const own = columns[level].map(tagOf);
  return [...[...keys.keys()].filter((tag) => !own.includes(tag)), ...own];
}

/** One DICOM JSON object a line (PS3.18 Annex F), for programs. */
class JsonLines {
  row(match: Dataset): void {
    process.stdout.write(`${dicomJsonText(toDicomJson(match))}\n`);
  }

  end(): void {}
}

class Table {
  readonly #tags: readonly number[];
  #measured: string[][] | undefined = [];
  #widths: number[] = [];

  constructor(tags: readonly number[]) {
    this.#tags = tags;
    this.#measured = [tags.map(nameOf)];
  }

  row(match: Dataset): void {
    const cells = this.#tags.map((tag) => printable(valuesOf(match, tag).join('\\')));
    if (!this.#measured) return this.#write(cells);
    this.#measured.push(cells);
    if (this.#measured.length > measuredRows) this.end();
  }

  end(): void {
    const rows = this.#measured ?? [];
    this.#measured = undefined;
    if (rows.length <= 1) return;
    this.#widths = this.#tags.map((_, at) =>
      Math.min(widestColumn, Math.max(...rows.map((cells) => (cells[at] as string).length))),
    );
    for (const cells of rows) this.#write(cells);
  }

  #write(cells: readonly string[]): void {
    const line = cells.map((cell, at) => cell.padEnd(this.#widths[at] ?? 0)).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

function valuesOf(match: Dataset, tag: number): readonly (string | number)[] {
  const element = match.elements.get(tag);
  if (element?.items) return [counted(element.items.length, 'item')];
  return element?.vr === 'US' || element?.vr === 'UL' ? numberValues(match, tag) : textValues(match, tag);
}
