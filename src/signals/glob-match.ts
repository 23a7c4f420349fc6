import picomatch from 'picomatch';

/** What a rule may compare: one text each, or several of which one has to match (labels of a prompt, say). */
export type Comparable = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Whether everything that a rule names matches as a glob, upper and lower case alike; what is missing does not. */
export function matchesAll(match: Readonly<Record<string, string>>, values: Comparable): boolean {
  return Object.entries(match).every(([name, pattern]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const texts = typeof value === 'string' ? [value] : (value ?? []);
    return texts.some((text) => picomatch.isMatch(text, pattern, { nocase: true, bash: true }));
  });
}

/** The names and values as a rule of a service file: `{ title: "High" }`, to paste. */
export function asMatch(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, text]) => `${name}: ${JSON.stringify(text)}`);
  return `match: { ${pairs.join(', ')} }`;
}
