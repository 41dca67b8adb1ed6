/** What a picture file shows, for tests. */
import sharp from 'sharp';

export interface PicturePixels {
  readonly width: number;
  readonly height: number;
  /** The first channel: all there is of a grey picture. */
  readonly bytes: readonly number[];
}

export async function picturePixels(file: Uint8Array): Promise<PicturePixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const bytes = Array.from(data).filter((_, index) => index % info.channels === 0);
  return { width: info.width, height: info.height, bytes };
}
