/** What stored values do to the pages that show them: nothing. They run no script, lead nowhere, and stay in their own place. */
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { post } from './pages.ts';

const shots = process.env['SCREENSHOTS'];
const [slice] = [...ctSeries({ seed: 'hostile', number: 1, slices: 1 })];
const { PixelData: _pixels, Rows: _rows, Columns: _columns, ...withoutPixels } = slice!.attributes;
const of = (number: number, more: Attributes, attributes: Attributes = slice!.attributes): Attributes => ({
  ...attributes,
  StudyInstanceUID: `2.25.95${number}`,
  SeriesInstanceUID: `2.25.95${number}.1`,
  SOPInstanceUID: `2.25.95${number}.1.1`,
  ...more,
});

const markup = `<img src=//elsewhere.invalid/ onerror=run()>`;
const marked = of(1, {
  PatientName: markup.replace('=', ' '),
  PatientID: `'">${markup}`,
  PatientSex: '<b>',
  StudyDescription: `"><script>run()</script>${markup}`,
  SeriesDescription: markup,
  InstitutionName: markup,
  AccessionNumber: '<b>',
});
const aboutReport: Attributes = {
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11', // Basic Text SR Storage
  Modality: 'SR',
  PatientName: 'محمد^علي',
  PatientID: '123-456',
  PatientBirthDate: '19500201',
  ContentDate: '20240115',
  ValueType: 'CONTAINER',
  ConceptNameCodeSequence: [{ CodeValue: '1', CodingSchemeDesignator: '99', CodeMeaning: markup }],
  ContentSequence: [`javascript:run() ${markup}`, `Z${'\u0301'.repeat(2000)}`].map((TextValue) => ({
    RelationshipType: 'CONTAINS',
    ValueType: 'TEXT',
    TextValue,
  })),
};
const report = of(2, aboutReport, withoutPixels);
const aboutDocument: Attributes = {
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.104.2', // Encapsulated CDA Storage
  Modality: 'DOC',
  MIMETypeOfEncapsulatedDocument: 'text/XML',
  EncapsulatedDocument:
    Buffer.from(`<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="//elsewhere.invalid/x.xsl"?>
    <!DOCTYPE ClinicalDocument [<!ENTITY outside SYSTEM "https://elsewhere.invalid/e">]>
    <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:h="http://www.w3.org/1999/xhtml"><title>Title</title>
    <component><structuredBody><component><section><title>Section &outside;</title><text>
    <linkHtml href="javascript:run()">a link</linkHtml><h:img src="//elsewhere.invalid/i" onerror="run()"/><h:style>body{display:none}</h:style>
    <h:iframe src="//elsewhere.invalid/f"/><h:script>run()</h:script><h:svg onload="run()"/><paragraph>BN&#x202e;4321</paragraph>
    <table><tbody><tr><td>كرياتينين</td><td>80</td><td>12</td></tr></tbody></table>
    </text></section></component></structuredBody></component></ClinicalDocument>`),
};
const document = of(3, { ...aboutReport, ...aboutDocument }, withoutPixels);
const turned = of(4, {
  PatientName: 'TRẦN^VĂN\u2069\u202eANH',
  PatientID: 'BN\u202e4321',
  StudyDescription: `Z${'\u0301'.repeat(2000)}`,
  AccessionNumber: '1\u200f-234',
});

const stepTurned = { PatientName: 'TRẦN^VĂN\u202eBÌNH', PatientID: 'BN\u202e9876' };

describe.skipIf(!hasChromium)('hostile values', () => {
  const viewer = openedViewer();
  let page: Page;
  let elsewhere: string[];

  beforeAll(async () => {
    expect(await viewer.store(...[marked, report, document, turned].map(dicomFile))).toBe(true);
    const { today } = (await post(viewer.lightbox.address, '/api/worklist/search', {})) as { today: string };
    const step = { Modality: 'CT', ScheduledProcedureStepStartDate: today };
    const { address } = viewer.lightbox;
    await post(address, '/api/worklist', {
      ...step,
      PatientName: markup,
      PatientID: markup,
      RequestedProcedureDescription: markup,
      CurrentPatientLocation: markup,
    });
    await post(address, '/api/worklist', { ...step, PatientName: 'محمد^علي', PatientID: '123-456' });
    await post(address, '/api/worklist', { ...step, ...stepTurned });
    await post(address, '/api/accounts', { name: '<b>', rights: ['read'] });
    const device = { aeTitle: '<B>', host: '127.0.0.1', port: 9, room: markup, description: markup };
    const registered = { ...device, state: 'approved', defaultIssuer: '', onOtherBytes: 'keep-first' };
    const { id } = (await post(address, '/api/devices', registered)) as { id: number };
    for (const { StudyInstanceUID } of [marked, report])
      await post(address, '/api/sends', { StudyInstanceUID, device: id });
  });

  beforeEach(async () => {
    ({ page } = viewer);
    elsewhere = [];
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== new URL(viewer.address()).origin && protocol.startsWith('http')) elsewhere.push(request.url());
    });
    await page.addInitScript(() => Reflect.set(globalThis, 'run', () => Reflect.set(globalThis, 'hasRun', true)));
    await viewer.signIn();
  });

  const openStudy = ({ StudyInstanceUID }: Attributes) =>
    page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${StudyInstanceUID as string}`));
  const shoot = async (name: string) => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `hostile-${name}.png`) });
  };

  test('markup in them is shown as it is, runs nowhere, asks for nothing elsewhere, and widens no page', async () => {
    const pages: [path: string, shown: string][] = [
      ['/', `'">${markup}`],
      [`/viewer?StudyInstanceUIDs=${marked['StudyInstanceUID'] as string}`, `'">${markup}`],
      [`/viewer?StudyInstanceUIDs=${report['StudyInstanceUID'] as string}`, `javascript:run() ${markup}`],
      [`/viewer?StudyInstanceUIDs=${document['StudyInstanceUID'] as string}`, 'a link'],
      ['/worklist', markup],
      ['/devices', markup],
      ['/sends', `'">${markup}`],
      ['/accounts', '<b>'],
      ['/status', 'PostgreSQL'],
    ];
    for (const [path, shown] of pages) {
      await page.goto(viewer.address(path));
      await page.getByText(shown).filter({ visible: true }).first().waitFor();
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        const found = await page.evaluate(() => [
          Reflect.get(globalThis, 'hasRun') as unknown,
          window.document.querySelectorAll('[src*=elsewhere], [href^=javascript], [onerror], [onload]').length,
          window.document.documentElement.scrollWidth - innerWidth,
        ]);
        expect([path, width, ...found]).toEqual([path, width, undefined, 0, 0]);
      }
      await shoot(path.replaceAll(/\W+/g, '-'));
    }
    expect(elsewhere).toEqual([]);
    // That it runs nothing of it is said of a clinical document when that is read as XML, which is no page.
    const refused = viewer.complaints.filter((complaint) => !complaint.startsWith('Executing inline event handler'));
    expect(refused).toEqual([]);
  });

  test('marks that turn letters around turn none, in the list, in the viewer and in a clinical document', async () => {
    await viewer.openList();
    const row = page.locator(`tr[data-study="${turned['StudyInstanceUID'] as string}"]`);
    await row.getByText('BN4321', { exact: true }).waitFor();
    await row.getByText('TRẦN VĂNANH', { exact: true }).waitFor();
    await row.getByText('1-234', { exact: true }).waitFor();
    await shoot('list');
    await openStudy(turned);
    await page.locator('.corner').getByText('BN4321', { exact: true }).waitFor();
    await openStudy(document);
    await page.getByRole('article').getByText('BN4321', { exact: true }).waitFor();
  });

  test('what is changed beside them leaves them as they were written', async () => {
    const { address } = viewer.lightbox;
    await page.goto(viewer.address('/worklist'));
    const entry = page.locator('.step').filter({ hasText: 'TRẦN VĂNBÌNH' });
    await entry.getByText('BN9876', { exact: true }).waitFor();
    await entry.getByRole('button', { name: /^Edit/ }).click();
    await page.getByLabel('Ward').fill('Khoa Nội');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await entry.getByText('Khoa Nội').waitFor();
    const { steps } = (await post(address, '/api/worklist/search', { text: 'Binh' })) as {
      steps: { attributes: object }[];
    };
    expect(steps.map(({ attributes }) => attributes)).toMatchObject([
      { ...stepTurned, CurrentPatientLocation: 'Khoa Nội' },
    ]);
  });

  test('beside a name that is written from right to left, the ID, the dates and what follows keep their places', async () => {
    const [name, id] = ['محمد علي', '123-456'];
    await openStudy(report);
    const head = page.getByRole('article').locator('p').first();
    await expectInOrder(head, name, '123', '456', '15', 'Jan', '2024');
    await openStudy(document);
    await expectInOrder(page.getByText('كرياتينين'), 'كرياتينين', '80', '12');
    await page.emulateMedia({ media: 'print' });
    await expectInOrder(page.locator('.print-head p').first(), name, '123', '456', '01', 'Feb', '1950', 'CT');
    await shoot('print-head');
    await page.emulateMedia({ media: null });
    await page.goto(viewer.address('/worklist'));
    await expectInOrder(page.locator('.step').filter({ hasText: name }).locator('h2'), name, '123', '456');
    await page.goto(viewer.address('/sends'));
    await page.locator('.device').filter({ hasText: name }).getByText(id, { exact: true }).waitFor();
  });

  test('marks piled up on a letter stay over their own line', async () => {
    await openStudy(report);
    const piled = page.getByRole('article').getByText(/^Z/);
    expect((await piled.textContent())!.length).toBeLessThan(10);
  });
});

/** These words stand in an element from left to right, as they are seen. */
async function expectInOrder(element: Locator, ...words: string[]): Promise<void> {
  const places = await element.evaluate((shown, all) => {
    const walker = window.document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    const found = new Map<string, number>();
    while (walker.nextNode())
      for (const word of all) {
        const at = walker.currentNode.textContent!.indexOf(word);
        if (at < 0 || found.has(word)) continue;
        const range = window.document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + word.length);
        found.set(word, range.getBoundingClientRect().left);
      }
    return [...found].sort(([, one], [, other]) => one - other).map(([word]) => word);
  }, words);
  expect(places).toEqual(words);
}
