/**
 * Lightbox without anybody beside it: plain figures, which say something only against another run on the same quiet machine.
 */
import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import { measureFirstImage } from './first-image.ts';
import { ctSlices, type Shape, stowSlices, storeSlices } from './ingest.ts';
import { median } from './percentile.ts';
import { table } from './table.ts';

export interface Alone {
  readonly lightbox: BenchedLightbox;
  readonly phases: readonly string[];
  readonly rounds: number;
  /** Studies × series × slices. */
  readonly ct: string;
  readonly signal: AbortSignal;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export async function alone({
  lightbox,
  phases,
  rounds,
  ct,
  signal,
}: Alone): Promise<{ text: string; figures: object }> {
  const shape = shapeOf(ct);
  const figures = new Map<string, { unit: string; values: number[] }>();
  const add = ({ name, value, unit }: Figure) => {
    const figure = figures.get(name) ?? { unit, values: [] };
    figure.values.push(value);
    figures.set(name, figure);
    process.stderr.write(`${name}: ${value.toFixed(1)} ${unit}\n`);
  };
  for (let round = 1; round <= rounds; round++) {
    for (const phase of phases) {
      signal.throwIfAborted();
      const [, kind, lanes] = /^ct-(store|stow)-(\d{1,2})$/.exec(phase) ?? [];
      if (!kind || !lanes)
        throw new BenchFailed(`Without Orthanc only ct-store-N and ct-stow-N are measured, not ${phase}.`);
      // Fresh UIDs: what is sent again is not kept again.
      const slices = ctSlices(shape, `${Date.now()} ${round} ${phase}`);
      const send = kind === 'store' ? storeSlices : stowSlices;
      add({ name: phase, value: slices.length / (await send(lightbox, slices, Number(lanes))), unit: 'instances/s' });
    }
    signal.throwIfAborted();
    for (const figure of await measureFirstImage(lightbox)) add(figure);
  }

  const rows = [...figures].map(([name, { unit, values }]) => [name, median(values).toFixed(1), unit]);
  const text = `${table([['what', 'median', 'unit'], ...rows])}
${rounds} rounds of ${ct} CT slices of 0.5 MB. Without Orthanc (PEERS_DIR) there is nothing to compare with.
The archive had at most ${(await lightbox.archivePeakMb()).toFixed(0)} MB in memory.`;
  return { text, figures: { figures: Object.fromEntries(figures) } };
}

function shapeOf(ct: string): Shape {
  const [, studies, series, slices] = /^(\d{1,3})x(\d{1,3})x(\d{1,4})$/.exec(ct) ?? [];
  if (!studies || !series || !slices)
    throw new BenchFailed(`--ct is "${ct}"; expected studies x series x slices: 4x1x200.`);
  return { studies: Number(studies) * Number(series), slices: Number(slices) };
}
