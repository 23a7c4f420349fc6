/**
 * The value that a JSON pointer (RFC 6901) names within a JSON value; undefined when there is none. `''` is all of it,
 * `~1` a slash and `~0` a tilde within a name. `-`, the place behind an array's end, holds nothing.
 */
export function atPointer(json: unknown, pointer: string): unknown {
  if (pointer === '') return json;
  const names = pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<unknown>((value, name) => {
    if (Array.isArray(value))
      return /^(?:0|[1-9]\d*)$/.test(name) ? (value[Number(name)] as unknown) : undefined;
    // Only what the document itself holds: "constructor" is no part of it.
    return value !== null && typeof value === 'object' && Object.hasOwn(value, name)
      ? Reflect.get(value, name)
      : undefined;
  }, json);
}
