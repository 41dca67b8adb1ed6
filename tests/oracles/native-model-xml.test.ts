/** The Native DICOM Model of the corpus's files against DCMTK's `dcm2xml --native-format`. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { turned } from '#dicom/data/dataset.ts';
import { nativeModelXml } from '#dicom/web/native-model-xml.ts';
import { hasCorpus, manifest } from '../corpus.ts';
import { isInstalled } from '../installed.ts';
import { forEach, withoutPixelData } from './without-pixel-data.ts';
import { atLeast, shareOf, whichFiles } from '../thorough.ts';
import { readXml } from '../xml-reader.ts';
import type { XmlElement } from '../xml-reader.ts';

const run = promisify(execFile);
const hasDcm2xml = isInstalled('dcm2xml');

/** Where the two differ and the standard decides for ours: the section, and how often. */
interface Compared {
  readonly listed: Map<string, number>;
  readonly unlisted: string[];
}

describe.skipIf(!hasCorpus || !hasDcm2xml)('the Native DICOM Model of real files', () => {
  let directory = '';
  beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'lightbox-xml-'))));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test(`says by meaning what dcm2xml says, ${whichFiles}`, { timeout: 300_000 }, async ({ annotate }) => {
    const compared: Compared = { listed: new Map(), unlisted: [] };
    let count = 0;
    const alone: string[] = [];
    const small = manifest().filter(({ bytes }) => Number(bytes) < 1_000_000);
    const files = shareOf(small, ({ path = '' }) => path);
    await forEach([...files.entries()], 3, async ([number, { path = '' }]) => {
      const read = await withoutPixelData(path);
      if (!read) return;
      // Whatever they say of it, ours is well formed.
      const ours = readXml([...nativeModelXml(read.dataset)].join(''));
      const name = join(directory, `${number}.dcm`);
      writeFileSync(name, read.file);
      const theirs = await run('dcm2xml', ['-nat', '+Eb', '+M', '+U8', '-q', name], { maxBuffer: 1 << 28 })
        .then(({ stdout }) => readXml(stdout))
        .catch(() => undefined);
      if (!theirs) return void alone.push(path);
      count++;
      compare(ours.children, theirs.children, path, compared);
    });
    await annotate(`compared: ${count}, with none: ${alone.join(', ')}`);
    for (const [section, times] of compared.listed) await annotate(`${times} × ${section}`);
    expect(compared.unlisted).toEqual([]);
    expect(count).toBeGreaterThan(atLeast(300));
  });
});

function compare(ours: readonly XmlElement[], theirs: readonly XmlElement[], at: string, compared: Compared): void {
  const listed = (section: string): void => void compared.listed.set(section, (compared.listed.get(section) ?? 0) + 1);
  const key = ({ attributes }: XmlElement): string => `${attributes['tag']} ${attributes['privateCreator'] ?? ''}`;
  // Group lengths have no place in it (A.1.1), and the character set is that of the document.
  const wanted = (all: readonly XmlElement[]) =>
    all.filter(
      ({ attributes: { tag = '' } }) => !tag.endsWith('0000') && tag !== '00080005' && !tag.startsWith('0002'),
    );
  const [a, b] = [wanted(ours), wanted(theirs)];
  if (a.length !== b.length) compared.unlisted.push(`${at}: ${a.length} attributes, theirs ${b.length}`);
  for (const [index, mine] of a.entries()) {
    const other = b[index];
    if (!other) return;
    const where = `${at} ${key(mine)}`;
    if (key(mine) !== key(other)) {
      const { tag = '', privateCreator } = mine.attributes;
      const isPrivate = /[13579BDF]....$/.test(tag);
      // With its block's number left out, it might be another one.
      if (isPrivate && !privateCreator) listed('PS3.5 7.8.1: an element in a block that nobody reserved keeps its tag');
      else if (isPrivate && !other.attributes['privateCreator'] && tag === other.attributes['tag'])
        listed('PS3.5 6.2.2: a private creator is LO, also where UN is written');
      else compared.unlisted.push(`${where}: theirs ${key(other)}`);
    }
    const [vr, theirVR] = [mine.attributes['vr'], other.attributes['vr']];
    if (vr !== theirVR) {
      if (theirVR === 'UN') listed('PS3.5 6.2.2 Note 2: the dictionary knows what UN is');
      else compared.unlisted.push(`${where}: ${vr}, theirs ${theirVR}`);
    } else if (vr === 'SQ') compareItems(mine, other, where, compared);
    else if (meaning(mine) !== meaning(other)) {
      if (isSameNumbers(mine, other)) listed('PS3.5 6.2: FL and FD are binary; ours reads back as the same number');
      else if (isTurned(mine, other)) listed('PS3.5 7.3: dcm2xml writes words in big endian, and says so nowhere');
      else if (isOneByteLonger(mine, other)) listed('PS3.5 7.1.1: a value of odd length, which ours gives as it is');
      else compared.unlisted.push(`${where} ${vr}: ${meaning(mine)}, theirs ${meaning(other)}`.slice(0, 300));
    }
  }
}

function compareItems(ours: XmlElement, theirs: XmlElement, at: string, compared: Compared): void {
  if (ours.children.length !== theirs.children.length)
    compared.unlisted.push(`${at}: ${ours.children.length} items, theirs ${theirs.children.length}`);
  for (const [index, item] of ours.children.entries())
    compare(item.children, theirs.children[index]?.children ?? [], `${at}[${index + 1}]`, compared);
}

/** Values with their numbers, the components of names; empty ones left out, white space around text too. */
function meaning(element: XmlElement): string {
  const told = (each: XmlElement): unknown => {
    if (each.children.length === 0) return each.text.trim().replace(/\r\n/g, '\n') || undefined;
    const children = each.children.map((child) => [child.name, told(child)]).filter(([, value]) => value !== undefined);
    return children.length ? children : undefined;
  };
  const numbered = element.children.map((child) => [child.attributes['number'], told(child)]);
  return JSON.stringify(numbered.filter(([, value]) => value !== undefined));
}

function isSameNumbers(ours: XmlElement, theirs: XmlElement): boolean {
  const float = ours.attributes['vr'] === 'FL';
  return ours.children.every(({ text }, index) => {
    const [a, b] = [Number(text), Number(theirs.children[index]?.text)];
    return float ? Math.fround(a) === Math.fround(b) : Math.abs(a - b) <= 2 ** -51 * Math.abs(a);
  });
}

function isTurned(ours: XmlElement, theirs: XmlElement): boolean {
  const [a, b] = [ours, theirs].map(({ children }) => Buffer.from(children[0]?.text ?? '', 'base64'));
  return !!a && !!b && turned(ours.attributes['vr'] ?? '', a).equals(b);
}

function isOneByteLonger(ours: XmlElement, theirs: XmlElement): boolean {
  const [a, b] = [ours, theirs].map(({ children }) => Buffer.from(children[0]?.text ?? '', 'base64'));
  return !!a && !!b && b.length === a.length + 1 && b.subarray(0, -1).equals(a);
}
