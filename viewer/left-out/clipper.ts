// Stands in for the polygon clipping below Cornerstone's segmentation tools: Lightbox has none of them.

function notHere(): never {
  throw new Error('polygons are not clipped here');
}

export const Clipper = new Proxy({}, { get: notHere });
export const PolyTreeD = notHere;
export const ClipType = {};
export const FillRule = {};
