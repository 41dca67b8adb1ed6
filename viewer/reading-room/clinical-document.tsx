// An encapsulated clinical document (HL7 CDA) as text; one that has none can be saved for a program that reads it.
import { useMemo } from 'preact/hooks';
import { beside } from '../beside.ts';
import { date, number, personName } from '../format.ts';
import { Icon } from '../icons.tsx';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';
import { name, string } from '../viewport/dicom-json.ts';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { clinicalTree } from './clinical-tree.ts';
import { useEncapsulated } from './encapsulated.ts';
import { ReportItems } from './report-items.tsx';

export function ClinicalDocument({ set: { instance } }: { set: DisplaySet }) {
  // Opened as XML it would be a page of ours, with whatever scripts it brings.
  const { read, error, again } = useEncapsulated(instance, 'application/octet-stream');
  const leftOut = text('mediaLeftOut');
  const tree = useMemo(() => read && clinicalTree(read.bytes, leftOut), [read, leftOut]);
  if (error) return <Notice title={text('imageNotShown')} error={error} retry={again} />;
  if (!read) return <p class="opening">{text('loading')}</p>;
  const save = (
    <a class="button" href={read.url} download={`${string(instance, '00080018') ?? 'document'}.xml`}>
      {text('saveDocument')}
    </a>
  );
  if (!tree)
    return (
      <Notice icon="image" title={text('documentNotRead')}>
        <p>{text('documentNotReadNext')}</p>
        {save}
      </Notice>
    );
  const about = beside(
    personName(name(instance, '00100010')) ?? text('noName'),
    string(instance, '00100020'),
    date(string(instance, '00080023')),
  );
  return (
    <article class="report" tabIndex={0} data-keys="own" aria-label={text('document')}>
      <h2>{tree.concept ?? string(instance, '00420010') ?? text('document')}</h2>
      <p class="quiet">{about}</p>
      {tree.damagedPlaces > 0 && (
        <p class="warning-line">
          <Icon name="warning" />
          {text('documentDamaged', { n: number(tree.damagedPlaces) })}
        </p>
      )}
      <ReportItems items={tree.items} />
      {tree.isCut && <p class="report-cut">{text('longerThanShown')}</p>}
      <p class="actions">{save}</p>
    </article>
  );
}
