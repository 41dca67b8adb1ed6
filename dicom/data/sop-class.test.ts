import { describe, expect, test } from 'vitest';

import { isStorageSOPClass, sopClassName, storageSOPClasses } from './sop-class.ts';
import { isUid } from './uid.ts';

describe('storage SOP classes', () => {
  test('CT, a retired ultrasound class and a private class store a patient’s instances', () => {
    expect(isStorageSOPClass('1.2.840.10008.5.1.4.1.1.2')).toBe(true);
    expect(isStorageSOPClass('1.2.840.10008.5.1.4.1.1.6')).toBe(true);
    expect(isStorageSOPClass('1.2.826.0.1.3680043.8.498.77.1')).toBe(true);
  });

  test('verification, query, worklist, print and storage commitment store nothing', () => {
    for (const other of ['1.1', '5.1.4.1.2.2.1', '5.1.4.31', '5.1.1.9', '1.20.1', '5.1.4.1.1.201.2'])
      expect(isStorageSOPClass(`1.2.840.10008.${other}`), other).toBe(false);
  });

  test('Non-Patient Object Storage and Media Storage Directory are not taken for storage', () => {
    for (const other of ['5.1.4.38.1', '5.1.4.39.1', '5.1.4.43.1', '5.1.4.1.1.200.1', '5.1.4.1.1.201.1', '1.3.10'])
      expect(isStorageSOPClass(`1.2.840.10008.${other}`), other).toBe(false);
  });

  test('what is not a UID is no storage class', () => {
    expect(isStorageSOPClass('')).toBe(false);
    expect(isStorageSOPClass('1.'.repeat(30_000))).toBe(false);
  });

  test('every listed class has a UID and a name', () => {
    expect(storageSOPClasses.size).toBeGreaterThan(180);
    for (const [sopClass, name] of storageSOPClasses) {
      expect(isUid(sopClass), sopClass).toBe(true);
      expect(name).toMatch(/^[A-Z0-9].*Storage( - For (Presentation|Processing))?( \(Retired\))?$/);
    }
    expect(sopClassName('1.2.840.10008.5.1.4.1.1.2')).toBe('CT Image Storage');
  });
});
