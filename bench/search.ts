/**
 * QIDO-RS over a thousand small studies, one question at a time: by a part of a name, some days, and a Patient ID.
 */
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { randomOf, uidOf } from '#samples/seed.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';

import type { Figure } from './alone.ts';
import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './empty-lightbox.ts';

const studies = 1000;
const questionsOfAKind = 40;
const families = ['NGUYỄN', 'TRẦN', 'LÊ', 'PHẠM', 'HOÀNG', 'VŨ', 'ĐẶNG', 'BÙI', 'ĐỖ', 'HỒ'];
const given = ['ÁNH', 'HUỆ', 'ĐẠT', 'DUNG', 'THIỆN', 'LINH', 'PHÚC', 'MINH', 'QUỲNH', 'TÚ', 'SƠN', 'VÂN'];

export async function measureSearch(lightbox: BenchedLightbox, signal: AbortSignal): Promise<Figure[]> {
  const people = somePeople();
  const started = performance.now();
  await storeStudies(lightbox, people, signal);
  const figures: Figure[] = [
    {
      name: 'small studies, 1 association',
      value: (1000 * studies) / (performance.now() - started),
      unit: 'studies/s',
    },
  ];
  const random = randomOf('questions');
  const someone = () => people[Math.floor(random() * studies)] as Person;
  const questions = {
    name: () => `PatientName=${encodeURIComponent(`${someone().name.slice(0, -2)}*`)}&limit=50`,
    'days in turn': () => {
      const { date } = someone();
      return `StudyDate=${date}-${Number(date) + 2}`;
    },
    'Patient ID': () => `PatientID=${someone().id}`,
  };
  for (const [kind, question] of Object.entries(questions)) {
    const times: number[] = [];
    for (let n = 0; n < questionsOfAKind; n++) {
      signal.throwIfAborted();
      const asked = performance.now();
      const response = await fetch(`${lightbox.dicomweb}/studies?${question()}`, {
        headers: { authorization: lightbox.authorization, accept: 'application/dicom+json' },
      });
      await response.arrayBuffer();
      if (response.status !== 200 && response.status !== 204) throw new BenchFailed(`QIDO-RS ${response.status}`);
      times.push(performance.now() - asked);
    }
    figures.push({ name: `search by ${kind}`, value: times.sort((a, b) => a - b)[times.length >> 1]!, unit: 'ms' });
  }
  return figures;
}

interface Person {
  readonly id: string;
  readonly name: string;
  readonly date: string;
}

function somePeople(): Person[] {
  const random = randomOf('people');
  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const two = (below: number) => String(1 + Math.floor(random() * below)).padStart(2, '0');
  return Array.from({ length: studies }, (_, number) => ({
    id: `BENCH${number}`,
    name: `${one(families)}^${one(given)} ${one(given)}`,
    date: `2025${two(12)}${two(28)}`,
  }));
}

async function storeStudies(lightbox: BenchedLightbox, people: readonly Person[], signal: AbortSignal): Promise<void> {
  const [calledAETitle = '', host = '', port = ''] = lightbox.dicom.split(/[@:]/);
  const transferSyntaxUID = uid('1.2.840.10008.1.2.1');
  const modality = await connectExchange({
    host,
    port: Number(port),
    callingAETitle: 'BENCH',
    calledAETitle,
    contexts: [{ abstractSyntax: uid(secondaryCapture), transferSyntaxes: [transferSyntaxUID] }],
  });
  for (const { id, name, date } of people) {
    signal.throwIfAborted();
    const [study, series, instance] = [uidOf(`${id} study`), uidOf(`${id} series`), uidOf(`${id} instance`)];
    const of = { study, series, instance, patientID: id, patientName: name, studyDate: date };
    const { status } = await store(modality, {
      sopClassUID: uid(secondaryCapture),
      sopInstanceUID: uid(instance),
      transferSyntaxUID,
      dataset: [smallInstance(of)],
    });
    if (status !== 0) throw new BenchFailed(`C-STORE status ${status?.toString(16)}`);
  }
  await modality.release();
}
