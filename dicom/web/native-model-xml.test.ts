import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explicit } from '#tests/dataset-bytes.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { datasets } from '#tests/datasets.ts';
import { readXml } from '#tests/xml-reader.ts';
import { parseWhole } from '../file/parse.ts';
import { nativeModelXml } from './native-model-xml.ts';

const explicitLittle = { explicitVR: true, bigEndian: false };
const limits = { sequenceDepth: 8, elements: 1_000, attributeValueBytes: 1 << 16, attributeBytes: 1 << 20 };
const xml = (...elements: Buffer[]): string =>
  [
    ...nativeModelXml(
      parseWhole(Buffer.concat([explicit(0x00080005, 'CS', 'ISO_IR 192'), ...elements]), explicitLittle, limits),
      { bulkDataURI: ({ tag }) => `bulk?a=${tag}&b="1"` },
    ),
  ].join('');

test('a data set is XML of the Native DICOM Model as PS3.19 shows it', () => {
  const item = Buffer.concat([
    Buffer.from('feff00e0', 'hex'),
    Buffer.from([12, 0, 0, 0]),
    explicit(0x00400007, 'LO', 'A<&B'),
  ]);
  const document = xml(
    explicit(0x00090011, 'LO', 'ACME 1.1'),
    explicit(0x00091102, 'UN', Buffer.from([1, 2])),
    explicit(0x00100010, 'PN', 'Phạm^Minh^^Dr.=太郎\\^B'),
    explicit(0x00280009, 'AT', Buffer.from('18006310', 'hex')),
    explicit(0x00280010, 'US', Buffer.from([0, 2, 1, 0])),
    explicit(0x00400275, 'SQ', item),
    explicit(0x00420011, 'OB', Buffer.alloc(1 << 17)),
  );
  expect(document).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<NativeDicomModel xml:space="preserve" xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">
<DicomAttribute tag="00080005" vr="CS" keyword="SpecificCharacterSet">
<Value number="1">ISO_IR 192</Value>
</DicomAttribute>
<DicomAttribute tag="00090011" vr="LO">
<Value number="1">ACME 1.1</Value>
</DicomAttribute>
<DicomAttribute tag="00090002" vr="UN" privateCreator="ACME 1.1">
<InlineBinary>AQI=</InlineBinary>
</DicomAttribute>
<DicomAttribute tag="00100010" vr="PN" keyword="PatientName">
<PersonName number="1">
<Alphabetic>
<FamilyName>Phạm</FamilyName>
<GivenName>Minh</GivenName>
<NamePrefix>Dr.</NamePrefix>
</Alphabetic>
<Ideographic>
<FamilyName>太郎</FamilyName>
</Ideographic>
</PersonName>
<PersonName number="2">
<Alphabetic>
<GivenName>B</GivenName>
</Alphabetic>
</PersonName>
</DicomAttribute>
<DicomAttribute tag="00280009" vr="AT" keyword="FrameIncrementPointer">
<Value number="1">00181063</Value>
</DicomAttribute>
<DicomAttribute tag="00280010" vr="US" keyword="Rows">
<Value number="1">512</Value>
<Value number="2">1</Value>
</DicomAttribute>
<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence">
<Item number="1">
<DicomAttribute tag="00400007" vr="LO" keyword="ScheduledProcedureStepDescription">
<Value number="1">A&lt;&amp;B</Value>
</DicomAttribute>
</Item>
</DicomAttribute>
<DicomAttribute tag="00420011" vr="OB" keyword="EncapsulatedDocument">
<BulkData uri="bulk?a=4325393&amp;b=&quot;1&quot;"/>
</DicomAttribute>
</NativeDicomModel>
`);
});

test('the XML is well formed and has the text, whatever the data set holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const written = text.replaceAll('\\', '/').replace(/[\0 ]+$/, '');
      const document = readXml(xml(explicit(0x00204000, 'LT', written)));
      const value =
        document.children.find(({ attributes }) => attributes['tag'] === '00204000')?.children[0]?.text ?? '';
      const carried = [...Buffer.from(written).toString()].map((each) => (cannotBeCarried(each) ? '\ufffd' : each));
      expect(value).toBe(carried.join(''));
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(datasets(true, true), (dataset) => {
      expect(readXml([...nativeModelXml(dataset)].join('')).name).toBe('NativeDicomModel');
    }),
    { numRuns: 50 },
  );
});

test('items without elements come in pieces, too', () => {
  const items = Array.from({ length: 50_000 }, () => datasetOf({}));
  const pieces = [...nativeModelXml(datasetOf({ PerFrameFunctionalGroupsSequence: items }))];
  expect(pieces.join('').match(/<Item /g)).toHaveLength(items.length);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(512 * 1024);
});

/** Control characters but three, and two that are none (XML 1.0 2.2). */
function cannotBeCarried(character: string): boolean {
  const code = character.codePointAt(0) as number;
  return (code < 0x20 && code !== 9 && code !== 10 && code !== 13) || code === 0xfffe || code === 0xffff;
}
