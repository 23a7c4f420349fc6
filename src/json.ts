/** What a body or text says as JSON; undefined when it is none, which JSON itself can't say. */
export function parseJson(text: Buffer | string): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
}
