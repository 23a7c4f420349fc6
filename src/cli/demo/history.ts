import { DAY, HOUR } from '../../time.ts';

/** A healthy week before `until`: an eval every four hours, so that there is a baseline to fall from. */
export function healthyWeek(until: Date): readonly Readonly<Record<string, unknown>>[] {
  const normal: readonly (readonly [string, number, number])[] = [
    ['task_completion_rate', 0.95, 0.006],
    ['hallucination_rate', 0.02, 0.004],
    ['refusal_rate', 0.03, 0.004],
  ];
  const hours = Array.from({ length: (7 * DAY) / (4 * HOUR) }, (_each, index) => index + 1);
  return hours.flatMap((index) =>
    normal.map(([sli, mean, swing]) => ({
      type: 'measurement',
      id: `history-${sli}-${index}`,
      service: 'support-agent',
      sli,
      value: Number((mean + swing * Math.sin(index)).toFixed(4)),
      samples: 200,
      window_s: 3600,
      at: new Date(until.getTime() - index * 4 * HOUR).toISOString(),
      labels: { model_version: 'v41' },
    })),
  );
}

/** One eval run as the measuring system reports it. */
export function evalRun(
  at: Date,
  rates: Readonly<Record<string, number>>,
  version: string,
): readonly Readonly<Record<string, unknown>>[] {
  return Object.entries(rates).map(([sli, value]) => ({
    type: 'measurement',
    id: `${sli}-${at.toISOString()}`,
    service: 'support-agent',
    sli,
    value,
    samples: 200,
    window_s: 900,
    at: at.toISOString(),
    labels: { model_version: version },
  }));
}

/** Bad answers that were captured in production, with what should have been said. */
export function badAnswers(at: Date): readonly Readonly<Record<string, unknown>>[] {
  return [
    {
      type: 'example',
      id: 'trace-8812',
      service: 'support-agent',
      at: at.toISOString(),
      input:
        'My order 4711 never came. Write to maria.lopez@example.org, can I get my money back after 40 days?',
      output: 'Yes! You have 90 days for a full refund, it is in our golden guarantee.',
      expected:
        'Refunds are possible within 30 days of delivery. For a parcel that never arrived, open a claim; a colleague decides.',
      failure: 'hallucination',
      source: 'production',
      trace_url: 'https://traces.example.com/8812',
    },
    {
      type: 'example',
      id: 'trace-8820',
      service: 'support-agent',
      at: at.toISOString(),
      input: 'How do I reset my password?',
      output: 'I am unable to discuss account security.',
      failure: 'refusal',
      source: 'production',
    },
  ];
}
