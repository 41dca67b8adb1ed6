/**
 * Reads a JSON body by its zod schema, and says precisely what is wrong with one that does not fit.
 */
import type { Request } from 'express';
import type { z } from 'zod';
import { limits } from '#settings/limits.ts';
import { Problem } from '../problems.ts';

/**
 * @param most  bytes of the body
 * @throws Problem unsupportedMediaType, tooLarge, badRequest (naming the member, never its value)
 */
export async function readJson<T extends z.ZodType>(
  request: Request,
  schema: T,
  most: number = limits.http.jsonBodyBytes,
): Promise<z.infer<T>> {
  if (!request.is('application/json')) throw new Problem('unsupportedMediaType', 'send application/json');
  if (request.headers['content-encoding'] !== undefined)
    throw new Problem('unsupportedMediaType', 'send the body without Content-Encoding');
  const parsed = schema.safeParse(parse(await readBody(request, most)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') || 'the body';
  // Keys that nobody knows come from the sender: they are not repeated.
  const what = issue?.code === 'unrecognized_keys' ? 'has a member that is not known' : issue?.message;
  throw new Problem('badRequest', `${where}: ${what}`);
}

async function readBody(request: Request, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed when it is too long: the answer goes out over the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new Problem('tooLarge', `a JSON body has at most ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  let isText = true;
  let value: unknown;
  try {
    value = JSON.parse(text, (_key, member: unknown) => {
      if (typeof member === 'string') isText &&= member.isWellFormed() && !member.includes('\0');
      return member;
    });
  } catch {
    throw new Problem('badRequest', 'the body is not JSON');
  }
  // JSON can write both; PostgreSQL keeps neither, nor can anything that is kept be searched for by them.
  if (!isText) throw new Problem('badRequest', 'the body has a text with U+0000 or half a character in it');
  return value;
}
