/** DICOM files go into a Lightbox by STOW-RS. */
import type { BrowserContext } from 'playwright-core';

const boundary = 'a-boundary-that-is-in-no-file';
const contentType = `multipart/related; type="application/dicom"; boundary=${boundary}`;

/** With the session of a browser that is signed in. @returns whether the archive kept all of them */
export async function storeFiles(context: BrowserContext, address: string, files: readonly Buffer[]): Promise<boolean> {
  const answer = await context.request.post(studiesOf(address), {
    headers: { 'Content-Type': contentType, Origin: new URL(address).origin },
    data: multipart(files),
  });
  return answer.ok();
}

/** As a program does, without a session. @returns the HTTP status */
export async function storeFilesAs(authorization: string, address: string, files: readonly Buffer[]): Promise<number> {
  const answer = await fetch(studiesOf(address), {
    method: 'POST',
    headers: { authorization, 'content-type': contentType },
    body: multipart(files),
  });
  return answer.status;
}

const studiesOf = (address: string): string => new URL('/dicom-web/studies', address).href;

function multipart(files: readonly Buffer[]): Buffer<ArrayBuffer> {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const parts = files.flatMap((file) => [head, file, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
