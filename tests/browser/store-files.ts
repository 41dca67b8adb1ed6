/** Sends DICOM files by STOW-RS with the session of a browser that is signed in. */
import type { BrowserContext } from 'playwright-core';

/** @returns whether the archive kept all of them */
export async function storeFiles(context: BrowserContext, address: string, files: readonly Buffer[]): Promise<boolean> {
  const boundary = 'a-boundary-that-is-in-no-file';
  const parts = files.flatMap((file) => [
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    file,
    Buffer.from('\r\n'),
  ]);
  const answer = await context.request.post(new URL('/dicom-web/studies', address).href, {
    headers: {
      'Content-Type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      Origin: new URL(address).origin,
    },
    data: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  });
  return answer.ok();
}
