/**
 * Hides secrets in text that people will read: a setting's value in an error, an address in a log.
 */
export const hiddenSecret = '****';

/** `postgres://user:secret@host/db?password=x` → `postgres://user:****@host/db?password=****`; without a secret: unchanged. */
export function maskAddress(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:).*@/is, `$1${hiddenSecret}@`)
    .replace(/([?&][^=&#]*(?:password|secret|token|key)[^=&#]*=)[^&#]*/gi, `$1${hiddenSecret}`);
}
