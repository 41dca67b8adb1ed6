// Scrolling by dragging: the height of the viewport is the whole series, but never so fast that images cannot be picked.
import { sizeOf } from '../viewport/element-size.ts';
import type { DragTool } from './tool.ts';

const pixelsPerImage = { least: 4, most: 24 };
let rest = 0;

export const scroll: DragTool = {
  kind: 'drag',
  id: 'scroll',
  name: 'toolScroll',
  icon: 'scroll',
  keys: ['s'],
  drag(stack, { dy }) {
    const perImage = sizeOf(stack.element).height / Math.max(1, stack.count);
    rest += dy / Math.min(Math.max(perImage, pixelsPerImage.least), pixelsPerImage.most);
    const images = Math.trunc(rest);
    rest -= images;
    if (images !== 0) stack.goTo(stack.state.wanted + images);
  },
};
