/** For tests of DICOMweb: an archive, and a client. */
import { openTestArchive } from '#tests/opened-archive.ts';
import type { TestDatabase } from '#tests/test-database.ts';

export interface TestDicomweb extends AsyncDisposable {
  readonly postgres: TestDatabase;
  readonly login: { readonly authorization: string };
  /** Stores data sets by STOW-RS, each in its transfer syntax (Explicit VR Little Endian where none is said). */
  stow(...instances: (Buffer | readonly [dataset: Buffer, transferSyntaxUID: string])[]): Promise<number>;
  /** @param path below the DICOMweb root, or an address of the archive's own */
  get(
    path: string,
    accept?: string,
    headers?: Record<string, string>,
    method?: 'GET' | 'HEAD',
    signal?: AbortSignal,
  ): Promise<Response>;
}

export async function startTestDicomweb(environment: Record<string, string> = {}): Promise<TestDicomweb> {
  const opened = await openTestArchive(environment);
  const { web: root, authorization } = opened;
  return {
    postgres: opened.postgres,
    login: { authorization },
    async stow(...instances) {
      const parts = instances.map((each) =>
        Buffer.isBuffer(each) ? part10(each) : part10(...(each as [Buffer, string])),
      );
      const mark = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n');
      const body = Buffer.concat([...parts.flatMap((file) => [mark, file, Buffer.from('\r\n')]), Buffer.from('--b--')]);
      const type = 'multipart/related; type="application/dicom"; boundary=b';
      const headers = { authorization, 'content-type': type };
      return (await fetch(`${root}dicom-web/studies`, { method: 'POST', body, headers })).status;
    },
    get: (path, accept = '*/*', headers = {}, method = 'GET', signal) =>
      // fetch would say no-cache by itself beside If-None-Match, which asks for the whole answer.
      fetch(/^\/(dicom-web|wado)\b/.test(path) ? root + path.slice(1) : `${root}dicom-web${path}`, {
        method,
        ...(signal && { signal }),
        headers: { authorization, accept, 'cache-control': 'max-age=0', ...headers },
      }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** The parts of a multipart answer: each with its headers, one a line, and its media type. */
export async function partsOf(response: Response): Promise<{ head: string; type: string; bytes: Buffer }[]> {
  const [, boundary = ''] = /boundary=(\S+)/.exec(response.headers.get('content-type') ?? '') ?? [];
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n');
      const head = part.slice(0, end);
      const [, type = ''] = /^Content-Type: (.*)$/m.exec(head) ?? [];
      return { head, type: type.trim(), bytes: Buffer.from(part.slice(end + 4, -2), 'latin1') };
    });
}

/** A file as PS3.10 has it. */
export function part10(dataset: Buffer, transferSyntax = '1.2.840.10008.1.2.1'): Buffer {
  const value = Buffer.from(transferSyntax.length % 2 ? `${transferSyntax}\0` : transferSyntax);
  const element = Buffer.concat([Buffer.from('0200100055490000', 'hex'), value]);
  element.writeUInt16LE(value.length, 6);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element, dataset]);
}

/** The data set of a PS3.10 file: behind the file meta information, whose length is its first element's value. */
export function datasetOf(file: Buffer): Buffer {
  return file.subarray(144 + file.readUInt32LE(140));
}
