import { expect, test } from 'vitest';
import { storageName } from './storage-name.ts';

test('a storage keeps its name when its secret or its options change, and the name holds no secret', () => {
  expect(storageName('s3://KEY:a/b+c@host:9000/bucket?region=x&tls=0')).toBe('s3://host:9000/bucket');
  expect(storageName('s3://OTHER:d@host:9000/bucket/')).toBe('s3://host:9000/bucket');
  expect(storageName('file:///srv/objects/')).toBe('file:///srv/objects');
});
