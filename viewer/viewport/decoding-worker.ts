// The worker that decodes frames: Cornerstone's decoders. Their script stands for itself: its package exports it only together with
// what runs in the page, which is as large again.
import '../../node_modules/@cornerstonejs/dicom-image-loader/dist/esm/decodeImageFrameWorker.js';

/**
 * WebKit (that of Safari 16, seen in WPE 2.38) does not always say, in a worker, that a WebAssembly is compiled: one of a hundred such
 * promises stayed open for ever, whether from bytes or from a stream. So it is compiled before anything else goes on here, where
 * nobody waits but the frame that needs it.
 */
async function instantiate(
  bytes: BufferSource,
  imports?: WebAssembly.Imports,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  const module = new WebAssembly.Module(bytes);
  return { module, instance: new WebAssembly.Instance(module, imports) };
}

Object.assign(WebAssembly, {
  instantiate,
  async instantiateStreaming(response: Promise<Response>, imports?: WebAssembly.Imports) {
    return instantiate(await (await response).arrayBuffer(), imports);
  },
});
