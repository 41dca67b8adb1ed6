/**
 * What index rows call a storage: its STORAGE_URL without what is secret or may change while the objects stay.
 * The archive and the worker must agree on it, or a row would name a storage that nobody has.
 */

/** `s3://KEY:SECRET@host:9000/bucket?region=x` → `s3://host:9000/bucket`; `file:///srv/objects` stays. */
export function storageName(url: string): string {
  return url
    .replace(/^s3:\/\/.*@/, 's3://')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '');
}
