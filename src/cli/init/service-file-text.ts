import { parse } from 'yaml';
import { TEMPLATES, type Template } from './templates.ts';

/** What `aire init` asks for. */
export interface Answers {
  readonly service: string;
  readonly team: string;
  readonly tier: number;
  readonly template: Template;
  readonly sre?: string;
  readonly pagerdutyService?: string;
}

/** A first service file: small, valid, and with comments that teach the rest. */
export function serviceFileText(answers: Answers): string {
  const { slos, alert, rollback } = TEMPLATES[answers.template];
  const { sre, pagerdutyService } = answers;
  return `# yaml-language-server: $schema=../schema.json
# aire check finds mistakes in here; aire reads it at start.
service: ${scalar(answers.service)}   # what signals call it; becomes part of the incident channel's name
tier: ${answers.tier}   # 0 and 1 are customer-facing; 2 lowers severities by one, 3 by two

owners:
  team: ${scalar(answers.team)}
  ${sre === undefined ? '# sre: name@example.com' : `sre: ${scalar(sre)}`}   # invited to incidents: e-mail address or Slack id
  # channel: "#team"   # hears of incidents that go on for 30 minutes
  ${pagerdutyService === undefined ? '# pagerduty_service: PABC123' : `pagerduty_service: ${scalar(pagerdutyService)}`}   # its alerts are ours; paged for SEV1 and SEV2

declare: propose   # asks in the incidents channel; auto declares at once, when you trust the triggers

# What users were promised, as the weekly review shows it. Write your own numbers.
# Post these as measurements to /webhooks/signals, after each eval run or every few minutes.
slos:
${slos.map((line) => `  ${line}`).join('\n')}
${pagerdutyService === undefined ? '' : alertsText(alert)}
# Something aire may do, after somebody approved it. Remove the # and set the two variables.
# approval: { approvers: [name@example.com] }   # left out: anybody but whoever asked
# mitigations:
#   roll_back:
#     title: ${rollback.title}
#     risk: high   # high needs a second person
#     for: { cause: [${rollback.cause}] }
#     side_effects: ${rollback.loses} is lost until it is deployed again.
#     request:
#       url: "https://deploy.example.com/rollback"
#       headers: { authorization: "Bearer \${AIRE_SECRET_DEPLOY}" }
#       body: { service: "{{service}}" }
#     secret: AIRE_SECRET_DEPLOY_SIGNING   # signs the request: whsec_ and base64
#     idempotency: none   # header or converges when your system bears the same request twice
#     verify: { within: 30m, consecutive: 2 }
`;
}

function alertsText({ title, trigger }: { title: string; trigger: string }): string {
  return `
sources:
  alerts:   # which trigger an alert stands for; one that fits no rule declares nothing
    - { from: pagerduty, match: { title: "${title}" }, trigger: ${trigger}, without_value: trust }
`;
}

/** A string as YAML reads it back: plain where that is safe, else quoted. */
function scalar(text: string): string {
  const isPlain = /^[\w.@-]+$/.test(text) && /^[A-Za-z]/.test(text) && parse(text) === text;
  return isPlain ? text : JSON.stringify(text);
}
