/** Property: whatever comes, is rejected and restored, states and counts are those that are computed from scratch. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { forgetObject } from '#index/objects.ts';
import { restoreRejection } from '#index/rejections.ts';
import { wrongCounts } from '#index/verify.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { rejectionNote } from '#tests/rejection-note.ts';
import { openIngest, type Ingest } from './ingest.ts';
import { arrival, emptyIngest, modality } from './test-ingest.ts';

const { parts } = emptyIngest();
let ingest: Ingest;
beforeAll(() => {
  ingest = openIngest(parts());
});
const store = (dataset: Buffer) => ingest(arrival(dataset), modality);

const patients = ['P1', 'P2'];
const study = fc.integer({ min: 1, max: 3 });
const place = fc.record({ study, series: fc.integer({ min: 1, max: 2 }), image: fc.integer({ min: 1, max: 3 }) });
type Place = { study: number; series: number; image: number };
const seriesUID = (p: Place) => `1.${p.study}.${p.series}`;
const imageUID = (p: Place) => `${seriesUID(p)}.${p.image}`;
/** Study 3 is another patient's. */
const patientOf = (of: number) => patients[of === 3 ? 1 : 0]!;

type Step =
  | { what: 'store'; at: Place; bytes: number }
  | { what: 'reject'; of: number; code: string; named: Place[] }
  | { what: 'restore'; which: number }
  | { what: 'forget'; which: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('store' as const), at: place, bytes: fc.integer({ min: 0, max: 1 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('reject' as const),
      of: study,
      code: fc.constantFrom('113001', '113037', '113038', '113039'),
      named: fc.array(place, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('restore' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const), which: fc.nat(5) }) },
);

interface Note {
  uid: string;
  code: string;
  of: number;
  named: Set<string>;
  /** Images that had come (again) since, where the retention had expired. */
  since: Set<string>;
  inEffect: boolean;
}

test('states, counts and modalities after any history are those of a model in twenty lines', async () => {
  const { database } = parts();
  const { pool } = database;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      await pool.query(
        `TRUNCATE index.patient, index.study, index.series, index.instance, index.owed, index.rejection, index.rejected,
           site.restored_rejection CASCADE`,
      );
      const here = new Set<string>();
      const notes: Note[] = [];
      const isHidden = (image: string) =>
        notes.some(
          ({ inEffect, named, of, code, since }) =>
            inEffect &&
            named.has(image) &&
            patientOf(of) === patientOf(Number(image.split('.')[1])) &&
            !(code === '113039' && since.has(image)),
        );
      for (const [at, now] of steps.entries()) {
        // The clock of the archive counts milliseconds: what comes one behind the other comes at different ones.
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (now.what === 'store') {
          const of = { study: `1.${now.at.study}`, series: seriesUID(now.at), instance: imageUID(now.at) };
          const modality = now.at.series === 1 ? 'CT' : 'MR';
          await store(
            smallInstance({
              ...of,
              modality,
              patientID: patientOf(now.at.study),
              pixels: Buffer.alloc(256, now.bytes),
            }),
          );
          const image = imageUID(now.at);
          const wasHidden = isHidden(image) && here.has(image);
          const others = notes.some(
            (n) =>
              n.inEffect && n.code !== '113039' && n.named.has(image) && patientOf(n.of) === patientOf(now.at.study),
          );
          if (!here.has(image) || (wasHidden && !others)) for (const n of notes) n.since.add(image);
          here.add(image);
        } else if (now.what === 'reject') {
          const named = Map.groupBy(now.named, (each) => `1.${each.study}`);
          const rejects = Object.fromEntries(
            [...named].map(([of, all]) => [of, all.map((each) => [seriesUID(each), imageUID(each)] as const)]),
          );
          const note = { uid: `1.9.${at + 1}`, code: now.code, of: now.of };
          const from = { study: `1.${now.of}`, patientID: patientOf(now.of) };
          await store(rejectionNote({ ...from, code: now.code, instance: note.uid, rejects }));
          notes.push({ ...note, named: new Set(now.named.map(imageUID)), since: new Set(), inEffect: true });
        } else {
          const note = notes[now.which % Math.max(1, notes.length)];
          if (!note) continue;
          if (now.what === 'restore') {
            await restoreRejection(database, note.uid, 'account admin');
            note.inEffect = false;
          } else {
            const { rows } = await pool.query('SELECT key FROM index.instance WHERE sop_instance_uid = $1', [note.uid]);
            expect(await forgetObject(database, note.uid, rows[0].key)).toBe(true);
            notes.splice(notes.indexOf(note), 1);
          }
        }
        const { rows } = await pool.query<{ uid: string }>(
          'SELECT sop_instance_uid AS uid FROM index.instance WHERE state = 0',
        );
        expect(rows.map((row) => row.uid).sort()).toEqual([...here].filter((image) => !isHidden(image)).sort());
      }
      expect(await wrongCounts(database)).toEqual([]);
      const { rows: wrong } = await pool.query(`
        SELECT s.study_instance_uid FROM index.study s CROSS JOIN LATERAL (
          SELECT coalesce(array_agg(DISTINCT e.modality ORDER BY e.modality), '{}') AS modalities
          FROM index.series e WHERE e.study = s.id AND e.number_of_instances > 0) m
        WHERE s.modalities <> m.modalities OR s.is_empty <> (s.number_of_instances = 0)`);
      expect(wrong).toEqual([]);
      const { rows: twice } = await pool.query(
        'SELECT sop_instance_uid FROM index.instance WHERE state IN (0, 2) GROUP BY 1 HAVING count(*) > 1',
      );
      expect(twice).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
