import type { Config } from '../../config.ts';

/** What is left to do after a service file was written, each with its command. */
export function nextSteps(config: Config, service: string, file: string): readonly string[] {
  const steps = [
    `Read ${file}: write your own numbers, and remove what you do not need.`,
    'Look for mistakes: aire check',
    ...(config.signalSenders.length > 0
      ? []
      : [
          'Give the sender of your measurements a secret: echo "AIRE_SIGNAL_SECRETS=evals=whsec_$(openssl rand -base64 32)" >> .env',
        ]),
    ...(config.missingSlack.length === 0
      ? []
      : [`Connect Slack: set ${config.missingSlack.join(' and ')}, see README.md`]),
    'Restart aire, which reads files at start: aire start',
    `Send a test signal, which declares nothing: aire ping ${service}`,
  ];
  return ['', 'Next:', ...steps.map((step, index) => `${index + 1}. ${step}`)];
}
