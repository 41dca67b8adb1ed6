/** Media types of DICOMweb (PS3.18 Section 8.7): what a client accepts, and parameters of a Content-Type. */

export interface MediaRange {
  /** Lower case, `type/subtype`; `*` as written. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const mostRanges = 50;

/** Splits at a character that does not stand in quotes. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && quoted) at++;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** One media type with its parameters, names in lower case and quotes removed (RFC 9110 Section 8.3.1). */
export function parseMediaType(text: string): MediaRange {
  const [type = '', ...rest] = split(text, ';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const at = parameter.indexOf('=');
    if (at < 0) continue;
    const value = parameter.slice(at + 1).trim();
    parameters.set(
      parameter.slice(0, at).trim().toLowerCase(),
      value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value,
    );
  }
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}

/** An Accept header, best first; absent or empty means anything. */
export function parseAccept(header: string | undefined): MediaRange[] {
  if (!header?.trim()) return [{ type: '*/*', parameters: new Map(), quality: 1 }];
  return split(header, ',')
    .slice(0, mostRanges)
    .map(parseMediaType)
    .filter(({ quality, type }) => quality > 0 && type.includes('/'))
    .sort((a, b) => b.quality - a.quality);
}

/** True when a range covers the type: equal, `type/*`, or anything. */
export function covers({ type }: MediaRange, wanted: string): boolean {
  if (type === wanted || type === '*/*') return true;
  return type.endsWith('/*') && wanted.startsWith(type.slice(0, -1));
}
