/** What else a label may be called, by the semantic conventions (integrations §4.2); the first that is there counts. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  model_version: ['gen_ai.response.model', 'gen_ai.request.model'],
};

/** Of an event's attributes those that a service is sliced by, under the names of its labels. */
export function slicedLabels(
  attributes: ReadonlyMap<string, string>,
  slices: readonly string[],
): Readonly<Record<string, string>> {
  const found = slices.map((label) => {
    const names = [label, ...(Object.hasOwn(ALSO, label) ? (ALSO[label] ?? []) : [])];
    return [label, names.map((name) => attributes.get(name) ?? '').find((value) => value !== '') ?? ''];
  });
  return Object.fromEntries(found.filter(([, value]) => value !== ''));
}
