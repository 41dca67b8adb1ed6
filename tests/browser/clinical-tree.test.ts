/** What is read of clinical documents (HL7 CDA R2), by the XML reader of a browser: all that is written there, and nothing as something else. */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type * as ClinicalTree from '#viewer/reading-room/clinical-tree.ts';
import type { ReportItem } from '#viewer/reading-room/report-tree.ts';
import { hasChromium, openBrowser, type Browser } from './chromium.ts';

const utf8 = '<?xml version="1.0" encoding="UTF-8"?>';
const section = (text: string, title = 'Findings') =>
  `<component><section><title>${title}</title>${text}</section></component>`;
const document = (sections: string, declared = utf8) =>
  `${declared}<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Report</title><component><structuredBody>${sections}</structuredBody></component></ClinicalDocument>`;
const saying = (narrative: string) => document(section(`<text>${narrative}</text>`));
/** Of rows of cells between blanks, each of its words or, as `2×3 words`, so many columns wide and rows high. */
const table = (...rows: string[]) => {
  const cell = (written: string) => {
    const [, columns, height, words = written] = /^(\d+)×(\d+) (.*)$/.exec(written) ?? [];
    return columns ? `<td colspan="${columns}" rowspan="${height}">${words}</td>` : `<td>${words}</td>`;
  };
  return `<table><tbody>${rows.map((row) => `<tr>${row.split(' | ').map(cell).join('')}</tr>`).join('')}</tbody></table>`;
};

const linesOf = ({ concept, value, items }: ReportItem): string[] => [
  ...[concept, value].filter((said) => said !== undefined),
  ...items.flatMap(linesOf),
];

describe.skipIf(!hasChromium)('a clinical document', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    ({ page } = await browser.open());
    await page.route('http://viewer.test/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      if (!pathname.endsWith('.ts')) return route.fulfill({ contentType: 'text/html', body: '' });
      const source = await readFile(new URL(`../..${pathname}`, import.meta.url), 'utf8');
      const body = stripTypeScriptTypes(source).replaceAll("'#dicom/", "'/dicom/");
      await route.fulfill({ contentType: 'text/javascript', body });
    });
    await page.goto('http://viewer.test/');
  });

  afterAll(() => browser?.[Symbol.asyncDispose]());

  const read = async (bytes: Buffer | string): Promise<ClinicalTree.ClinicalTree | undefined> => {
    const json = await page.evaluate(
      async ([base64, place]) => {
        const { clinicalTree } = (await import(place!)) as typeof ClinicalTree;
        const tree = clinicalTree(
          Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0)),
          '[left out]',
        );
        return JSON.stringify(tree ?? null);
      },
      [Buffer.from(bytes).toString('base64'), '/viewer/reading-room/clinical-tree.ts'],
    );
    return (JSON.parse(json) as ClinicalTree.ClinicalTree | null) ?? undefined;
  };
  /** Without the titles of the document and its section. */
  const linesRead = async (narrative: string) => linesOf((await read(saying(narrative)))!).slice(2);

  test('that is damaged anywhere is not shown as if it were whole', async () => {
    const first = section('<text><paragraph>No fracture seen.</paragraph></text>');
    const whole = document(first + section('<text><paragraph>Mass of 3 cm.</paragraph></text>', 'Impression'));
    expect(linesOf((await read(whole))!)).toEqual([
      'Report',
      'Findings',
      'No fracture seen.',
      'Impression',
      'Mass of 3 cm.',
    ]);
    expect(await read(whole.replace('3 cm', '3 cm & more'))).toBeUndefined();
    for (const end of [whole.indexOf('Impression'), whole.indexOf('Mass'), whole.length - 60, whole.length - 1])
      expect(await read(whole.slice(0, end)), `cut at ${end}`).toBeUndefined();
  });

  test.each<[title: string, narrative: string, lines: string[]]>([
    [
      'a line break in a paragraph',
      '<paragraph>Nodule 5<br/>3 cm mass<br/>none</paragraph>',
      ['Nodule 5', '3 cm mass', 'none'],
    ],
    ['a line break in marked words', '<content ID="a">Line 5<br/>3 x</content>', ['Line 5', '3 x']],
    ['a line break in an item', '<list><item>x 5<br/>3 y</item></list>', ['x 5', '3 y']],
    ['words and a paragraph in an item', '<list><item>A <paragraph>B</paragraph></item></list>', ['A', 'B']],
    [
      'several lines in the cells of a row',
      '<table><tbody><tr><td>5<br/>3</td><td><paragraph>a</paragraph><paragraph>b</paragraph></td><td/><td><list><item>x</item><item>y</item></list></td></tr></tbody></table>',
      ['5; 3 · a; b · · x; y'],
    ],
    [
      'a table with headings',
      '<table><caption>Blood</caption><thead><tr><th>Test</th><th>Value</th></tr></thead><tbody><tr><td>Na</td><td>140</td></tr></tbody></table>',
      ['Blood', 'Test · Value', 'Na · 140'],
    ],
    [
      'raised and lowered digits',
      '<paragraph>5.2 × 10<sup>9</sup>/l, 10<sup>-3</sup>, H<sub>2</sub>O, 4<sup>th</sup>, v<sub>max</sub></paragraph>',
      ['5.2 × 10⁹/l, 10⁻³, H₂O, 4^th, v_max'],
    ],
    ['a word that is marked in part', 'Kal<content>ium</content> and H<sub>2</sub>O', ['Kalium and H₂O']],
    ['marks piled up by one element after another', `Z${'<b>\u0301</b>'.repeat(100)}A`, [`Z${'\u0301'.repeat(8)}A`]],
    [
      'what was struck out',
      '<paragraph>Dose <content revised="delete">50</content> <content revised="insert">5</content> mg</paragraph><paragraph revised="delete">malignant</paragraph><table><tbody><tr><td>1</td><td revised="delete">2</td><td>3</td></tr></tbody></table>',
      ['Dose 5 mg', '1 · · 3'],
    ],
    [
      'cells over several columns and rows',
      table(
        '1×2 Eye | 2×1 right | 2×1 left',
        'sphere | axis | sphere | axis',
        '1×0 2026 | −1.0 | 90 | −2.0 | 80',
        '0 | 5',
      ),
      ['Eye · right · · left ·', '· sphere · axis · sphere · axis', '2026 · −1.0 · 90 · −2.0 · 80', '· 0 · 5'],
    ],
    [
      'a cell over more rows than its part of the table has, and one over no number of them',
      `${table('1×9 a | b', 'c').replace('</tr><tr>', '</tr></tbody><tbody><tr>')}<table><tr><td colspan="x" rowspan="-2">d</td><td>e</td></tr><tr><td>f</td></tr></table>`,
      ['a · b', 'c', 'd · e', 'f'],
    ],
    [
      'a cell over rows of which one was struck out, or has words beside its cells',
      ['<tr revised="delete"><td>-9.0</td></tr>', '<tr>see <td>-9.0</td></tr>']
        .map(
          (row) =>
            `<table><tr><td rowspan="2">Eye R</td><td>-1.0</td></tr>${row}<tr><td>Eye L</td><td>-2.0</td></tr></table>`,
        )
        .join(''),
      ['Eye R · -1.0', 'Eye L · -2.0', 'Eye R · -1.0', 'see', '-9.0', 'Eye L · -2.0'],
    ],
    [
      'a cell of a row that was struck out, over the next one',
      '<table><tr revised="delete"><td rowspan="2">old</td><td>1</td></tr><tr><td>2</td></tr></table>',
      ['· 2'],
    ],
    [
      'a table in a footnote that is pointed at',
      `<footnote ID="n">${table('1×9 a | b', 'c')}</footnote><footnoteRef IDREF="n"/>`,
      ['(a · b; · c) (a · b; · c)'],
    ],
    [
      'a footnote in what was struck out, and what points at it from elsewhere',
      '<paragraph revised="delete">old<footnote ID="n">malignant</footnote></paragraph>new<footnoteRef IDREF="n"/>',
      ['new'],
    ],
    [
      'a footnote that was struck out, after the one of its ID that stands in its place',
      '14<footnote ID="n">haemolytic</footnote><footnote ID="n" revised="delete">icteric</footnote>, 15<footnoteRef IDREF="n"/>',
      ['14 (haemolytic), 15 (haemolytic)'],
    ],
    [
      'the foot of a table, which is written before its rows',
      '<table><tfoot><tr><td>sum</td></tr></tfoot><tbody><tr><td>1</td></tr></tbody></table>',
      ['1', 'sum'],
    ],
    ['words between the cells of a row', '<table><tbody><tr>a<td>b</td></tr></tbody></table>', ['a', 'b']],
    [
      'a footnote, and what points at it from elsewhere',
      '<table><tbody><tr><td>14<footnote ID="n">2 samples<br/>haemolytic</footnote></td><td>x<footnoteRef IDREF="n"/></td><td>y<footnoteRef IDREF="none"/></td></tr></tbody></table>',
      ['14 (2 samples; haemolytic) · x (2 samples; haemolytic) · y'],
    ],
    [
      'footnotes that point at each other',
      'a<footnote ID="a">one<footnoteRef IDREF="b"/></footnote> b<footnote ID="b">two<footnoteRef IDREF="a"/></footnote>',
      ['a (one (two (one))) b (two (one))'],
    ],
    [
      'a picture',
      'Skin: <renderMultiMedia referencedObject="m"><caption>Naevus</caption></renderMultiMedia>of the back',
      ['Skin: [left out] Naevus of the back'],
    ],
    [
      'an ordered list, also within another one',
      '<list listType="ordered"><caption>Plan</caption><item>CT</item><item revised="delete">US</item><item><paragraph>MR</paragraph>next week<list listType="ordered" styleCode="LittleAlpha"><item>knee</item><item><br/>hip</item></list></item></list><list><item>no order</item></list>',
      ['Plan', '1. CT', '3. MR', 'next week', 'a. knee', 'b. hip', 'no order'],
    ],
    [
      'a list in Roman numerals',
      `<list listType="ordered" styleCode="BigRoman">${'<item>x</item>'.repeat(9)}</list>`,
      ['I. x', 'II. x', 'III. x', 'IV. x', 'V. x', 'VI. x', 'VII. x', 'VIII. x', 'IX. x'],
    ],
    ['elements that no narrative block has', '<p>No mass</p><div>3 cm<b>!</b></div>', ['No mass', '3 cm!']],
    ['a comment', '<!-- template: no abnormality -->Mass in <![CDATA[left]]> lung', ['Mass in left lung']],
  ])('is read as its author wrote it: %s', async (_, narrative, lines) => {
    expect(await linesRead(narrative)).toEqual(lines);
  });

  test('of which not everything is shown says so', async () => {
    const paragraphs = (count: number) => '<paragraph>l</paragraph>'.repeat(count);
    expect(await read(saying(paragraphs(4_000)))).toMatchObject({ isCut: false });
    const long = (await read(saying(paragraphs(6_000))))!;
    expect(long.isCut).toBe(true);
    expect(linesOf(long).length).toBeLessThan(5_010);
    const nested = (count: number) =>
      document(`${'<component><section><text>w</text>'.repeat(count)}${'</section></component>'.repeat(count)}`);
    expect(await read(nested(20))).toMatchObject({ isCut: false });
    expect(await read(nested(40))).toMatchObject({ isCut: true });
    const lists = (count: number) => saying(`a${'<list><item>'.repeat(count)}b${'</item></list>'.repeat(count)}`);
    expect(linesOf((await read(lists(30)))!)).toContain('b');
    expect(await read(lists(400))).toMatchObject({ isCut: true });
    const many = (await read(document(section('<text>first</text>') + section('', 'x').repeat(20_000))))!;
    expect(many.isCut).toBe(true);
    expect(linesOf(many).length).toBeLessThan(5_010);
    // A few of its characters may stand for any number: cells for empty places, a note for all that point at it.
    const wide = `<tr>${'<td colspan="1000">w</td>'.repeat(200)}</tr>`;
    const noted = `<footnote ID="n">${'n'.repeat(1_000)}</footnote>${'<footnoteRef IDREF="n"/>'.repeat(2_000)}`;
    for (const narrative of [`<table><tbody>${wide}</tbody></table>`, noted]) {
      const said = (await read(saying(narrative)))!;
      expect(said.isCut).toBe(true);
      expect(linesOf(said).join('').length).toBeLessThan(500_000);
    }
  });

  test('in which notes are pointed at so often that they are left out says where, and has every cell in its column', async () => {
    const notes = `<footnote ID="n">${'n'.repeat(1_000)}</footnote>${'<footnoteRef IDREF="n"/>'.repeat(101)}<footnote ID="s">short</footnote>`;
    const eyes = table('1×2 Eye | 2×1 right | 2×1 left', 'sphere | axis | sphere | axis');
    const said = (await read(saying(`${notes}${eyes}<paragraph>a<footnoteRef IDREF="s"/></paragraph>`)))!;
    expect(said.isCut).toBe(true);
    const [, , first, ...lines] = linesOf(said);
    expect(first!.endsWith('nn) (…) (short)')).toBe(true);
    expect(lines).toEqual(['Eye · right · · left ·', '· sphere · axis · sphere · axis', 'a (…)']);
  });

  test('of which a table has more empty places than can be shown is shown without those rows, never with cells under other headings', async () => {
    const wide = '1000×1 w'.concat(' | 1000×1 w'.repeat(98));
    const eyes = table(wide, '1×9 Eye | 400×1 right | 400×1 left', '-1.0 | 400×1 -2.0', '-3.0 | -4.0');
    const said = (await read(saying(`${eyes}${table('e | f')}`)))!;
    expect(said.isCut).toBe(true);
    const words = linesOf(said).map((line) => line.replaceAll(/[\s·]+/g, ' ').trim());
    expect(words).toEqual(['Report', 'Findings', 'w '.repeat(99).trim(), 'Eye right left', 'e f']);
  });

  test('may have any amount of white space in it', async () => {
    expect(await linesRead(`a${' '.repeat(1_000_000)}b`)).toEqual(['a b']);
  });

  test('without a word in any section is none that can be read', async () => {
    expect(await read(document('<component><section/></component>'))).toBeUndefined();
    expect(await read(document(section('')))).toBeUndefined();
    expect(await read(saying(' <!-- nothing --> '))).toBeUndefined();
  });

  test('is read in the encoding it has, whatever it says', async () => {
    const inUtf16 = document(section('<text>Gãy xương</text>'), '<?xml version="1.0" encoding="UTF-16"?>');
    const le = Buffer.from(inUtf16, 'utf16le');
    const latin = document(section('<text>fièvre</text>'), '<?xml version="1.0" encoding="ISO-8859-1"?>');
    const written: [Buffer, string][] = [
      [Buffer.concat([Buffer.from([0xff, 0xfe]), le]), 'Gãy xương'],
      [Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(le).swap16()]), 'Gãy xương'],
      [le, 'Gãy xương'],
      [Buffer.from(le).swap16(), 'Gãy xương'],
      [Buffer.from(inUtf16), 'Gãy xương'],
      [Buffer.from(`\u{feff}${inUtf16}`), 'Gãy xương'],
      [Buffer.from(latin, 'latin1'), 'fièvre'],
      [Buffer.from(latin.replace('encoding=', 'encoding\t= '), 'latin1'), 'fièvre'],
      [Buffer.from(`${saying('padded')}\0`), 'padded'],
    ];
    for (const [bytes, words] of written) expect(linesOf((await read(bytes))!).at(-1)).toBe(words);
  });

  test('that has bytes which are no characters of its encoding is shown with a mark for each, and says in how many places', async () => {
    const inUtf8 = Buffer.from(saying('sốt 39 độ'));
    const [before, after] = [inUtf8.subarray(0, inUtf8.indexOf('39')), inUtf8.subarray(inUtf8.indexOf('39'))];
    const coded = '<code displayName="fièvre"/><!-- fièvre -->';
    const written: [Buffer, string, number][] = [
      [Buffer.concat([before, after]), 'sốt 39 độ', 0],
      [Buffer.concat([before, Buffer.of(0xe9), after]), 'sốt �39 độ', 1],
      [Buffer.from(saying('fièvre 39 après <sup>2</sup>'), 'latin1'), 'fi�vre 39 apr�s ²', 2],
      [Buffer.from(document(`${coded}${section('<text>no fever</text>')}`), 'latin1'), 'no fever', 2],
      [Buffer.from(saying('lost before: �')), 'lost before: �', 0],
    ];
    for (const [bytes, words, damagedPlaces] of written) {
      const said = (await read(bytes))!;
      expect([linesOf(said).at(-1), said]).toEqual([words, expect.objectContaining({ damagedPlaces })]);
    }
  });

  test.each([
    '<content revised="delété">malignant</content>',
    '<content révised="delete">malignant</content>',
    '<table><tr><td colspan="é">right</td><td>left</td></tr></table>',
    '<pàragraph>one</pàragraph>',
    '</text></section><sèction><text>malignant</text></sèction><section><text>one',
    '<!-- none -é-> Mass of 3 cm <!-- none -->',
    '<paragraph>one</paragrapé>',
    '<paragraph>one</paragraphé',
  ])('that is damaged in what says how its words are read is not shown: %s', async (narrative) => {
    expect(await read(Buffer.from(saying(narrative), 'latin1'))).toBeUndefined();
  });
});
