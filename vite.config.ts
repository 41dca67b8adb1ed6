// Builds the viewer, the only part of Lightbox that is built: root viewer/, result dist/viewer.
// The archive serves the result; `vite` alone serves it for development and passes everything else to a running archive.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';
import { shellBudget } from './scripts/shell-budget.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const archive = process.env['LIGHTBOX_URL'] ?? 'http://127.0.0.1:8080';

const smallBytes = 200_000;

/** Writes file.br and file.gz beside each file that compresses, once, so that no request waits for it. */
function compressed(): Plugin {
  const directory = here('dist/viewer');
  const brotli = promisify(brotliCompress);
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle() {
      const files = await readdir(directory, { recursive: true });
      for (const name of files.filter((file) => /\.(js|css|html|svg|wasm)$/.test(file))) {
        const path = join(directory, name);
        const bytes = await readFile(path);
        // The last two of 11 steps take ten times as long for a few percent: they are for what is waited for first.
        const quality = bytes.length < smallBytes ? 11 : 9;
        const small = await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
        await writeFile(`${path}.br`, small);
        await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: here('viewer'),
  plugins: [compressed(), shellBudget()],
  publicDir: false,
  build: {
    outDir: here('dist/viewer'),
    emptyOutDir: true,
    // Safari 16, which does not know modulepreload, fetches each script when it is imported, without a script of ours for it in the shell.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // One file for what every page needs; and the shell, which has no CommonJS in it, does not carry the help for that.
            { name: 'common', test: /node_modules\/@?preact\/|\/viewer\/(text|format|archive-client)\.ts$/ },
            { name: 'commonjs', test: /rolldown\/runtime/ },
          ],
        },
      },
    },
    // The oldest that README promises; what they lack of the libraries is in viewer/older-browsers.ts.
    target: ['chrome109', 'firefox115', 'safari16'],
    // The Cornerstone chunk is what it is (about 2 MB before compression); it is loaded only when an image is opened.
    chunkSizeWarningLimit: 2500,
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  resolve: {
    // What Cornerstone's packages bring and nothing here calls is left out: 3 of 7 MB of script, which a weak PC would read before each
    // first image. The readers of meshes would not even load ("Class extends value undefined").
    alias: [
      { find: 'dcmjs', replacement: here('viewer/left-out/dcmjs.ts') },
      { find: 'clipper2-ts', replacement: here('viewer/left-out/clipper.ts') },
      {
        find: /^@kitware\/vtk\.js\/IO\/(XML\/XMLPolyData|Geometry\/PLY|Geometry\/STL|Misc\/OBJ)Reader(\.js)?$/,
        replacement: here('viewer/left-out/meshes.ts'),
      },
      { find: /^\.\.\/WebGPU\/Profiles\/\w+\.js$/, replacement: here('viewer/left-out/webgpu.ts') },
    ],
  },
  optimizeDeps: {
    // Pre-bundling loses the address of the loader's worker; its codecs, being CommonJS, must be pre-bundled.
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: [
      'dicom-parser',
      'pako',
      '@cornerstonejs/jpeg-lossless-decoder-js',
      '@cornerstonejs/codec-charls/decodewasmjs',
      '@cornerstonejs/codec-openjpeg/decodewasmjs',
      '@cornerstonejs/codec-openjph/wasmjs',
      '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
    ],
  },
  server: {
    proxy: Object.fromEntries(['/api', '/dicom-web', '/wado', '/health'].map((path) => [path, archive])),
  },
});
