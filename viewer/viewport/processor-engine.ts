// A rendering engine for what the processor draws. Cornerstone's own engines open a WebGL context for every viewport, also for those
// that never use it; so where a browser has no WebGL (no graphics card, a driver it does not trust, a remote desktop) not one image
// could be opened. Here is no WebGL at all: each viewport draws on a canvas of its own, and this gives it its turn.
import { BaseRenderingEngine, Enums, triggerEvent, type Types } from '@cornerstonejs/core';
import vtkRenderer from '@kitware/vtk.js/Rendering/Core/Renderer.js';

type Input = Types.PublicViewportInput;
type Renderer = ReturnType<typeof vtkRenderer.newInstance>;

export class ProcessorEngine extends BaseRenderingEngine {
  /** A viewport asks for one, whoever draws, because its camera lies there. */
  readonly #renderers = new Map<string, Renderer>();

  override getRenderer(viewportId: string): Renderer {
    return this.#renderers.get(viewportId)!;
  }

  override disableElement(viewportId: string): void {
    super.disableElement(viewportId);
    this.#renderers.delete(viewportId);
  }

  protected enableVTKjsDrivenViewport(input: Input): void {
    this.#renderers.set(input.viewportId, vtkRenderer.newInstance());
    this['addCustomViewport'](input as never);
  }

  protected addVtkjsDrivenViewport(input: Input): void {
    this.enableVTKjsDrivenViewport(input);
  }

  protected setVtkjsDrivenViewports(inputs: Input[]): void {
    for (const input of inputs) this.enableVTKjsDrivenViewport(input);
  }

  protected _resizeVTKViewports(viewports: readonly { resize?: () => void }[], _keep: boolean, atOnce: boolean): void {
    for (const viewport of viewports) viewport.resize?.();
    if (atOnce) this.render();
  }

  /** The viewports have drawn; tools that draw over the image wait to be told. */
  protected _renderFlaggedViewports = (): void => {
    const drawn = this._getViewportsAsArray().filter(({ id }) => this._needsRender.delete(id));
    this._animationFrameSet = false;
    this._animationFrameHandle = null;
    for (const viewport of drawn) {
      viewport.setRendered();
      triggerEvent(
        viewport.element,
        Enums.Events.IMAGE_RENDERED,
        this._renderViewportFromVtkCanvasToOnscreenCanvas(viewport),
      );
    }
  };

  protected _renderViewportFromVtkCanvasToOnscreenCanvas(viewport: Types.IViewport) {
    const { element, suppressEvents, id: viewportId, renderingEngineId, viewportStatus } = viewport;
    return { element, suppressEvents, viewportId, renderingEngineId, viewportStatus };
  }
}
