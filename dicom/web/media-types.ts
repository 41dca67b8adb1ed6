/** Media types of DICOMweb (PS3.18 Section 8.7): what a client accepts, what it gets, and parameters of a Content-Type. */

export interface MediaRange {
  /** Lower case, `type/subtype`; `*` as written. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** One way in which a resource can be given. */
export interface Offer {
  readonly type: string;
  /**
   * The transfer-syntax parameters that ask for it: UIDs, '*', and '' for a range without one, which asks for the
   * default of its media type (Tables 8.7.3-2 to 8.7.3-5).
   */
  readonly answers: readonly string[];
  /** Also given to who takes anything at all, when nothing offered before it can be. */
  readonly toAnybody?: boolean;
}

export interface Choice<O extends Offer> {
  readonly offer: O;
  /** The range that asked for it. */
  readonly range: MediaRange;
  /** Asked for as multipart/related. */
  readonly multipart: boolean;
}

const mostRanges = 50;
const anything: MediaRange = { type: '*/*', parameters: new Map(), quality: 1 };

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

/** All ranges of an Accept header as they were written; absent or empty means anything. */
function parseRanges(header: string | undefined): MediaRange[] {
  if (!header?.trim()) return [anything];
  return split(header, ',')
    .slice(0, mostRanges)
    .map(parseMediaType)
    .filter(({ type }) => type.includes('/'));
}

/** True when a range covers the type: equal, `type/*`, or anything. */
function covers({ type }: MediaRange, wanted: string): boolean {
  if (type === wanted || type === '*/*') return true;
  return type.endsWith('/*') && wanted.startsWith(type.slice(0, -1));
}

/** What a request accepts, in the order it is asked (Section 8.7.8): the accept query parameter, then the header. */
export interface Accepted {
  readonly header: string | undefined;
  readonly query?: Readonly<Record<string, unknown>>;
}

/**
 * The offer that a client likes best (Sections 8.7.5 and 8.7.8): by q, then in the order the client wrote, then in ours.
 * @returns undefined when it accepts none of them
 */
export function choose<O extends Offer>({ header, query = {} }: Accepted, offers: readonly O[]): Choice<O> | undefined {
  const { accept, transferSyntax } = query;
  if (typeof accept === 'string' && accept !== '') {
    // A plus sign of the address has become a blank.
    const ranges = parseRanges(accept.replace(/ (?=(?:json|xml)\b)/g, '+')).map((range) =>
      typeof transferSyntax === 'string' && !range.parameters.has('transfer-syntax')
        ? { ...range, parameters: new Map([...range.parameters, ['transfer-syntax', transferSyntax]]) }
        : range,
    );
    const chosen = best(ranges, offers);
    if (chosen) return chosen;
  }
  return best(parseRanges(header), offers);
}

function best<O extends Offer>(ranges: readonly MediaRange[], offers: readonly O[]): Choice<O> | undefined {
  let found: { choice: Choice<O>; rank: number } | undefined;
  for (const offer of offers) {
    // The most specific range says how much an offer is liked (RFC 9110 Section 12.5.1); with q=0, not at all.
    const isNamed = ranges.some((range) => typeWanted(range) === offer.type);
    const exactness = ranges.map((range) => exactnessOf(range, offer, offer.toAnybody === true && !isNamed));
    const rank = exactness.indexOf(Math.max(0, ...exactness));
    const range = ranges[rank];
    if (!range || range.quality <= 0) continue;
    const better =
      !found ||
      range.quality > found.choice.range.quality ||
      (range.quality === found.choice.range.quality && rank < found.rank);
    if (better) found = { choice: { offer, range, multipart: range.type === 'multipart/related' }, rank };
  }
  return found?.choice;
}

/** The type of the thing itself, also where it is wanted in parts. */
function typeWanted({ type, parameters }: MediaRange): string {
  const isMultipart = type === 'multipart/related' || type === 'multipart/*';
  return isMultipart ? (parameters.get('type')?.toLowerCase() ?? '*/*') : type;
}

/** How precisely a range names an offer: -1 when it does not. */
function exactnessOf(range: MediaRange, offer: Offer, toAnybody: boolean): number {
  const type = typeWanted(range);
  if (!covers({ ...range, type }, offer.type)) return -1;
  const syntax = range.parameters.get('transfer-syntax') ?? '';
  const isAnything = type === '*/*' && syntax === '';
  if (!offer.answers.includes(syntax) && !(isAnything && toAnybody)) return -1;
  const precision = type === '*/*' ? 0 : type.endsWith('/*') ? 2 : 4;
  return precision + (syntax === '' || syntax === '*' ? 0 : 1);
}
