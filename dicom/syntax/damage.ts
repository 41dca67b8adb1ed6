/**
 * What decoders say when they go on over damage: libjpeg fills the rest with grey, OpenJPEG and OpenJPH with what they
 * have. A picture that is in part made up is none.
 */
const damage =
  /premature end|corrupt jpeg data: (?!.*extraneous)|corrupt data|terminated early|truncat|failed to decode|bad huffman|inconsistent/i;

export function isDamage(message: string): boolean {
  return damage.test(message);
}
