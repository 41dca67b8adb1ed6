/**
 * Keeps the viewer's shell small, at every build: what the login page and the study list need is at most so large, and
 * holds nothing of the image viewer. On a commune's line (2 Mbit/s) the shell is there in a tenth of a second. The page of the
 * reading room, too, is there before the 2 MB that draw its images.
 */
import { brotliCompressSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

const shellBytes = 25_000;
const readingRoomPage = /\/viewer\/reading-room\/viewer-page\.tsx$/;
const comesAfter = /node_modules\/(@cornerstonejs|@kitware|dcmjs|dicom-parser)\//;

export function shellBudget(): Plugin {
  return {
    name: 'shell-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const shell = shellOf(bundle);
      const readingRoom = chunksOf(bundle, ({ facadeModuleId }) => readingRoomPage.test(facadeModuleId ?? ''));
      for (const [what, chunks] of Object.entries({ shell: shell.chunks, 'reading room': readingRoom })) {
        const tooMuch = chunks.flatMap(({ moduleIds }) => moduleIds).find((id) => comesAfter.test(id));
        if (tooMuch || chunks.length === 0) this.error(`the ${what} holds ${tooMuch}; load it with import()`);
      }
      const bytes = shell.contents.reduce((sum, content) => sum + brotliCompressSync(content).length, 0);
      if (bytes > shellBytes) this.error(`the shell takes ${bytes} bytes (brotli) of at most ${shellBytes}`);
      this.info(`the shell takes ${bytes} bytes (brotli) of at most ${shellBytes}`);
    },
  };
}

/** Those that are wanted, and what they import statically. */
function chunksOf(bundle: Rolldown.OutputBundle, isWanted: (chunk: Rolldown.OutputChunk) => boolean) {
  const chunks = new Set<Rolldown.OutputChunk>();
  const add = (fileName: string): void => {
    const chunk = bundle[fileName];
    if (chunk?.type !== 'chunk' || chunks.has(chunk)) return;
    chunks.add(chunk);
    chunk.imports.forEach(add);
  };
  for (const file of Object.values(bundle)) if (file.type === 'chunk' && isWanted(file)) add(file.fileName);
  return [...chunks];
}

/** The entry, what it imports statically, and their stylesheets. */
function shellOf(bundle: Rolldown.OutputBundle) {
  const chunks = chunksOf(bundle, ({ isEntry }) => isEntry);
  const styles = new Set(chunks.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]));
  const sources = [...styles].map((name) => bundle[name]).filter((file) => file?.type === 'asset');
  return {
    chunks,
    contents: [...chunks.map(({ code }) => code), ...sources.map(({ source }) => source)],
  };
}
