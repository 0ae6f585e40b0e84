/** Cut marks: the rest of a line that is longer than it may be is not kept. */
const cut = '…';

/**
 * The lines of a stream of bytes, each at most `limit` characters long. They are read as they are asked for: nothing is
 * kept but the line that is not whole yet.
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let overlong = false;
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!overlong) yield part.length > limit ? part.slice(0, limit) + cut : part;
      overlong = false;
    }
    if (!overlong && rest.length > limit) {
      yield rest.slice(0, limit) + cut;
      overlong = true;
    }
    if (overlong) rest = '';
  }
  if (rest !== '' && !overlong) yield rest;
}
