import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Element, numberValues, textValues } from './dataset.ts';
import { trimmedValue, withoutEnd, withoutPadding } from './padding.ts';
import { foldPersonName, nameGlobs } from './person-name.ts';
import { decodeAssociateRequest, encodeAssociateRequest } from '../network/associate-pdu.ts';
import { upperLayerLimits } from '../network/limits.ts';
import { pduHeaderBytes } from '../network/pdu.ts';
import { verificationRequest } from '../network/wire-peer.ts';
import { toDicomJson } from '../web/dicom-json.ts';

test('padding is cut off as the expressions say that are too slow for it', () => {
  const text = fc.string({ unit: fc.constantFrom(' ', '\0', '^', '*', 'a', 'ê') });
  fc.assert(
    fc.property(text, (value) => {
      expect(withoutPadding(value)).toBe(value.replace(/[\0 ]+$/, ''));
      expect(trimmedValue(value)).toBe(value.replace(/^ +|[\0 ]+$/g, ''));
      expect(withoutEnd(value, '^*')).toBe(value.replace(/[\^*]+$/, ''));
    }),
  );
});

/**
 * What takes time with the square of its length takes longer than any test may, and yet ends, so that the test can say so: twenty seconds
 * for 65,000 of them, seven minutes for twenty times that and for 300,000.
 */
describe.each([' ', '\0', '^', '=', '*', '0', '1', '\x1b'])(
  'a run of %j, with something behind it, is read to its end:',
  (sign) => {
    const run = (length: number): string => `1${sign.repeat(length - 2)}x`;

    test('as UIDs of an A-ASSOCIATE-RQ', () => {
      const abstractSyntax = run(65_000);
      const contexts = Array.from({ length: 20 }, (_, at) => ({
        id: 2 * at + 1,
        abstractSyntax,
        transferSyntaxes: ['1.2.840.10008.1.2'],
      }));
      const body = encodeAssociateRequest(verificationRequest({ contexts })).subarray(pduHeaderBytes);
      expect(decodeAssociateRequest(body, upperLayerLimits).contexts).toEqual(contexts);
    });

    test.each(['LO', 'PN', 'LT', 'UT', 'UI', 'DS', 'IS'])('as a value of %s, as text, number and DICOM JSON', (vr) => {
      const bytes = Buffer.from(run(300_000), 'latin1');
      const element: Element = { tag: 0x00100010, vr, bytes, items: undefined, length: bytes.length };
      const dataset = { elements: new Map([[element.tag, element]]), characterSet: ['ISO_IR 100'], bigEndian: false };
      expect(textValues(dataset, element.tag)).toHaveLength(1);
      expect(numberValues(dataset, element.tag).length).toBeLessThan(2);
      expect(Object.keys(toDicomJson(dataset))).toEqual(['00100010']);
    });

    test('as a name, and as a key that names are matched with', () => {
      expect(foldPersonName(run(300_000))).toMatch(/x$/);
      expect(nameGlobs(run(300_000))[0]).toMatch(/^1/);
    });
  },
);
