/** Rows of the index as ingest makes them, for tests of what is asked of it; no object lies behind them. */
import { tagOf } from '#dicom/data/dictionary.ts';
import { attributeAt, attributesWithin, indexedAttributes, indexedSequences } from '#index/attributes.ts';
import { instanceRecord } from '#index/instance-record.ts';
import type { InstanceRecord } from '#index/instance-record.ts';

/**
 * @param values  by keyword; what stands within a sequence only is in its only item; a UID that is missing is made from the others
 */
export function indexedInstance(values: Readonly<Record<string, string>>, number = 1): InstanceRecord {
  const StudyInstanceUID = values['StudyInstanceUID'] ?? '1.2.3';
  const SeriesInstanceUID = values['SeriesInstanceUID'] ?? `${StudyInstanceUID}.1`;
  const SOPInstanceUID = values['SOPInstanceUID'] ?? `${SeriesInstanceUID}.${number}`;
  const all: Record<string, string> = { ...values, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
  for (const keyword of Object.keys(all))
    if (!indexedAttributes.some((attribute) => attribute.keyword === keyword))
      throw new TypeError(`${keyword} is not in the index`);
  const entries = Object.entries(all).map(([keyword, value]) => [tagOf(keyword), value] as const);
  return instanceRecord(
    {
      values: new Map(entries),
      items: new Map(indexedSequences.map(({ tag }) => [tag, [itemOf(tag, entries)].filter(({ size }) => size > 0)])),
      pixels: undefined,
      frames: undefined,
      rejection: undefined,
      isMislabelled: false,
    },
    {
      received_at: '2026-01-01T00:00:00Z',
      store: 1,
      key: `k/${SOPInstanceUID}`,
      offset: 0,
      length: 1,
      digest: Buffer.from(SOPInstanceUID).toString('hex'),
      transfer_syntax: '1.2.840.10008.1.2.1',
      door: 'C-STORE',
      calling_ae_title: 'TEST',
      address: '127.0.0.1',
      defaultIssuer: '',
      replaces: false,
      pixels: null,
    },
  );
}

function itemOf(sequence: number, entries: readonly (readonly [number, string])[]): Map<number, string> {
  const within = new Set(attributesWithin(sequence).flatMap(({ tag }) => (attributeAt([tag]) ? [] : [tag])));
  return new Map(entries.filter(([tag]) => within.has(tag)));
}
