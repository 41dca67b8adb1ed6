/**
 * What is known of the samples beforehand, for whoever measures them: where the marks lie, how far they are apart, and what
 * a region's mean is. `samples/README.md` says the same as a table.
 */

/** Three marks at the corners of a right triangle, its legs along the columns and the rows of the image. */
export interface MarkTriangle {
  /** Pixel (column, row) of the right angle, of the mark beside it, and of the one above or below it; centres of pixels. */
  readonly corner: readonly [column: number, row: number];
  readonly across: readonly [column: number, row: number];
  readonly along: readonly [column: number, row: number];
  /** From `corner` to `across`, from `corner` to `along`, and the hypotenuse. */
  readonly acrossMm: number;
  readonly alongMm: number;
  readonly hypotenuseMm: number;
  /** At `across` and at `along`; at `corner` it is 90°. */
  readonly acrossDegrees: number;
  readonly alongDegrees: number;
}

/**
 * A triangle of sides 3 : 4 : 5, so that its lengths are whole numbers of pixels and its angles are well known.
 * @param across, along  legs in pixels; negative ones lead to the left, and up
 */
export function triangle(
  corner: readonly [number, number],
  { across, along, spacingMm }: { across: number; along: number; spacingMm: number },
): MarkTriangle {
  const degrees = (tangent: number): number => (Math.atan(Math.abs(tangent)) * 180) / Math.PI;
  return {
    corner,
    across: [corner[0] + across, corner[1]],
    along: [corner[0], corner[1] + along],
    acrossMm: Math.abs(across) * spacingMm,
    alongMm: Math.abs(along) * spacingMm,
    hypotenuseMm: Math.hypot(across, along) * spacingMm,
    acrossDegrees: degrees(along / across),
    alongDegrees: degrees(across / along),
  };
}
