/** An archive to pull from that answers as a test wants it to. */
import type { Dataset } from '#dicom/data/dataset.ts';
import type { Request, Service } from '#dicom/dimse/service.ts';
import { openListener } from '#dicom/dimse/test-listener.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { readSettings } from '#settings/settings.ts';

import { OldArchive } from './old-archive.ts';

/** As without settings. */
const { outgoing } = readSettings({}).dimse;
const size = 10_000;
const limits = { sequenceDepth: 2, elements: 20, attributeValueBytes: size, attributeBytes: size, inflatedBytes: size };

/** What a request asks for, and how its answers are written. */
export async function identifierIn(request: Request): Promise<{ identifier: Dataset; syntax: TransferSyntax }> {
  const syntax = transferSyntaxOf(request.transferSyntax);
  return { identifier: await parseDataset(request.dataset!, syntax, limits), syntax };
}

/**
 * @param performs by abstract syntax, what is done at its commands
 * @param silentMovesMs how long it may be silent while it sends, else as everywhere
 * @param mostMatches of one query, else as everywhere
 */
export async function startOldArchive(
  performs: Readonly<Record<string, Service<undefined>['commands']>>,
  silentMovesMs?: ConstructorParameters<typeof OldArchive>[2],
  mostMatches?: number,
) {
  const services = Object.entries(performs).map(([sopClass, commands]): Service<undefined> => ({
    name: sopClass,
    abstractSyntaxes: (uid) => uid === sopClass,
    commands,
  }));
  const { port, ...opened } = await openListener(services, { aeTitle: 'OLD' });
  return {
    /** As a command takes it. */
    named: `OLD@127.0.0.1:${port}`,
    archive: new OldArchive(
      { aeTitle: 'OLD', host: '127.0.0.1', port, callingAETitle: 'LIGHTBOX', tls: undefined, outgoing },
      new AbortController().signal,
      silentMovesMs,
      mostMatches,
    ),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
