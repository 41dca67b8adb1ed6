/** An archive with both doors on a database of its own, in this process; what is stored goes through STOW-RS. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openArchive } from '#archive/archive.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { readSettings } from '#settings/settings.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

const password = 'mật khẩu để thử';
const explicit = transferSyntaxes.get('1.2.840.10008.1.2.1') as TransferSyntax;

export interface WholeArchive extends AsyncDisposable {
  /** `http://127.0.0.1:…/dicom-web` */
  readonly dicomweb: string;
  readonly dimsePort: number;
  readonly postgres: TestDatabase;
  /** Of an account that may do everything. */
  readonly authorization: string;
  /** Lines of the log so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** Stores data sets in Explicit VR Little Endian; resolves with the HTTP status. */
  stow(datasets: readonly Dataset[]): Promise<number>;
}

export async function startWholeArchive(): Promise<WholeArchive> {
  const postgres = await startTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-archive-'));
  const settings = readSettings({
    DATA_DIR: directory,
    DATABASE_URL: postgres.url,
    HTTP_PORT: '0',
    DIMSE_PORT: '0',
    ADMIN_PASSWORD: password,
  });
  const lines: Record<string, unknown>[] = [];
  const archive = await openArchive({
    settings: { ...settings, databaseUrl: postgres.url },
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    processes: () => [],
    onAdminPassword: () => {},
  });
  const dicomweb = `${archive.addresses.http}dicom-web`;
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  return {
    dicomweb,
    dimsePort: Number(archive.addresses.dimse?.split(':').at(-1)),
    postgres,
    authorization,
    lines,
    async stow(datasets) {
      const response = await fetch(`${dicomweb}/studies`, {
        method: 'POST',
        body: multipart(datasets),
        headers: { authorization, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
      });
      await response.arrayBuffer();
      return response.status;
    },
    async [Symbol.asyncDispose]() {
      await archive[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function multipart(datasets: readonly Dataset[]): Buffer<ArrayBuffer> {
  const head = fileHead({
    MediaStorageSOPClassUID: '1.2.3',
    MediaStorageSOPInstanceUID: '1.2.3',
    TransferSyntaxUID: explicit.uid,
  });
  const parts = datasets.flatMap((dataset) => [
    Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'),
    head,
    serializeDataset(dataset, explicit),
  ]);
  return Buffer.concat([...parts, Buffer.from('\r\n--b--')]);
}
