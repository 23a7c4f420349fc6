/** What kind of service a first file is for: it picks what is promised and which alerts mean what. */
interface ServiceTemplate {
  /** In the words of somebody who has one. */
  readonly is: string;
  /** The lines below `slos:`. */
  readonly slos: readonly string[];
  /** What an alert of PagerDuty most likely means: a title, and a trigger of the playbook. */
  readonly alert: { readonly title: string; readonly trigger: string };
  /** Something this kind of service can roll back. */
  readonly rollback: { readonly title: string; readonly cause: string; readonly loses: string };
}

export const TEMPLATES = {
  'llm-app': {
    is: 'answers questions through an LLM API',
    slos: [
      'task_completion_rate: { dimension: cognitive_accuracy, at_least: 95% }',
      'hallucination_rate: { dimension: cognitive_accuracy, at_most: 2% }',
      'refusal_rate: { dimension: cognitive_accuracy, at_most: 5% }',
      'latency_p95: { dimension: performance, at_most: 5s }',
      '# If it retrieves documents: the trigger "retrieval" compares with this.',
      '# retrieval_precision: { dimension: cognitive_accuracy, at_least: 80% }',
    ],
    alert: { title: '*hallucination*', trigger: 'eval_score_drop' },
    rollback: {
      title: 'Roll back the model',
      cause: 'model',
      loses: 'What the newer model or prompt can do',
    },
  },
  'self-hosted': {
    is: 'a model on our own GPUs',
    slos: [
      'availability: { dimension: performance, at_least: 99.9% }',
      'latency_p95: { dimension: performance, at_most: 2s }',
      'error_rate: { dimension: performance, at_most: 1% }',
    ],
    alert: { title: '*latency*', trigger: 'latency' },
    rollback: {
      title: 'Roll back the deployment',
      cause: 'infrastructure',
      loses: 'What the newer deployment can do',
    },
  },
} as const satisfies Readonly<Record<string, ServiceTemplate>>;
export type Template = keyof typeof TEMPLATES;

export function isTemplate(text: string): text is Template {
  return Object.hasOwn(TEMPLATES, text);
}
