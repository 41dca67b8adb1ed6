import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { textValue } from '#dicom/data/dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { queryIdentifier, studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { Exchange } from '#dicom/dimse/exchange.ts';
import type { Request, Service } from '#dicom/dimse/service.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { Connections, listen } from '#dicom/network/listener.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { readSettings } from '#settings/settings.ts';

import { OldArchive } from './old-archive.ts';

/** As without settings. */
const { outgoing } = readSettings({}).dimse;
const [studyDate, studyUID] = ['StudyDate', 'StudyInstanceUID'].map((keyword) => tagOf(keyword) as number) as [
  number,
  number,
];

/** An archive that gives `most` matches, and then answers A700. */
async function startFrugal(dates: readonly string[], most: number) {
  const ranges: string[] = [];
  const find = async (request: Request) => {
    const syntax = transferSyntaxes.get(request.transferSyntax) as TransferSyntax;
    const size = 10_000;
    const limits = {
      sequenceDepth: 2,
      elements: 20,
      attributeValueBytes: size,
      attributeBytes: size,
      inflatedBytes: size,
    };
    const range = textValue(await parseDataset(request.dataset!, syntax, limits), studyDate);
    ranges.push(range);
    const [from = '', to = ''] = range.split('-');
    const found = [...dates.entries()].filter(([, date]) => date >= from && date <= to);
    for (const [at, date] of found.slice(0, most)) {
      const keys = new Map([
        [studyDate, date],
        [studyUID, `1.2.${at}`],
      ]);
      await request.pending({ status: 0xff00, identifier: serializeDataset(queryIdentifier('STUDY', keys), syntax) });
    }
    return { status: found.length > most ? 0xa700 : 0 };
  };
  const abstractSyntaxes = (uid: string) => uid === studyRoot.find;
  const services: Service<undefined>[] = [{ name: 'FIND', abstractSyntaxes, commands: { 'C-FIND-RQ': find } }];
  const connections = new Connections();
  const server = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      aeTitle: 'OLD',
      offers: services,
      limits: upperLayerLimits,
      admit: async () => ({ caller: undefined }),
      established: (association, agreement) => new Exchange(association, agreement, { services, context: undefined }),
    },
    connections,
  );
  const { port } = server.address() as AddressInfo;
  return {
    ranges,
    archive: new OldArchive(
      { aeTitle: 'OLD', host: '127.0.0.1', port, callingAETitle: 'LIGHTBOX', tls: undefined, outgoing },
      new AbortController().signal,
    ),
    async [Symbol.asyncDispose]() {
      connections.closeAll();
      server.close();
      await once(server, 'close');
    },
  };
}

test('an archive that will not give so many studies at once is asked for fewer days', async () => {
  const dates = ['20240201', '20240202', '20240215', '20240215', '20240229'];
  await using old = await startFrugal(dates, 2);
  const studies = await old.archive.studies('20240201-20240229');
  expect(studies.map(({ StudyDate }) => StudyDate)).toEqual(dates);
  expect(old.ranges.slice(0, 2)).toEqual(['20240201-20240229', '20240201-20240215']);
});

test('where it refuses even one day, that is said', async () => {
  await using old = await startFrugal(['20240215', '20240215'], 1);
  await expect(old.archive.studies('20240201-20240229')).rejects.toThrow(
    'OLD did not answer a query to its end: A700 out of resources.',
  );
  expect(old.ranges.at(-1)).toBe('20240215-20240215');
});
