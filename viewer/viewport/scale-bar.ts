// How long the scale bar is: the longest round length that fits.

const steps = [1, 2, 5];

/** @param pixelsPerMm  of the screen @param room  pixels the bar may take @returns nothing where no length fits */
export function scaleBar(pixelsPerMm: number, room: number): { mm: number; pixels: number } | undefined {
  if (!(pixelsPerMm > 0) || !Number.isFinite(pixelsPerMm)) return undefined;
  const most = room / pixelsPerMm;
  const power = 10 ** Math.floor(Math.log10(most));
  const mm = Math.max(...steps.map((step) => step * power).filter((length) => length <= most));
  return Number.isFinite(mm) ? { mm, pixels: mm * pixelsPerMm } : undefined;
}
