import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRunbookFiles } from '../../src/adapters/files/yaml-files.ts';
import type { ReferenceContext } from '../../src/catalogue/check-templates.ts';
import { loadCatalogue, type RunbookFile } from '../../src/catalogue/load-catalogue.ts';
import { serviceFileJsonSchema } from '../../src/catalogue/service-file.ts';

const shipped = join(import.meta.dirname, '../../runbooks');
const fixtures = join(import.meta.dirname, '../fixtures/runbooks');

const signing = `whsec_${Buffer.from('a key of the tests').toString('base64')}`;
const context: ReferenceContext = {
  secrets: new Map([
    ['AIRE_SECRET_DEPLOY', ['a token, not a key!']],
    ['AIRE_SECRET_SIGNING', [signing]],
  ]),
  hasPublicUrl: false,
};

/** A case's files; without a playbook of its own it has that of the valid case. */
async function filesOf(name: string): Promise<RunbookFile[]> {
  const directory = join(fixtures, name);
  const own = join(directory, 'playbook.yaml');
  const playbook = existsSync(own) ? own : join(fixtures, 'valid', 'playbook.yaml');
  const services = (await readdir(join(directory, 'services'))).sort();
  return [
    { path: 'playbook.yaml', text: await readFile(playbook, 'utf8') },
    ...(await Promise.all(
      services.map(async (file) => ({
        path: `services/${file}`,
        text: await readFile(join(directory, 'services', file), 'utf8'),
      })),
    )),
  ];
}

const S = 'services/support-agent.yaml';
const rejected: Readonly<Record<string, readonly string[]>> = {
  'a-list': [`${S}:1:1 Invalid input: expected object, received array`],
  'bad-duration': [
    `${S}:24:15 mitigations.roll_back.verify.within: write a duration as 90s, 10m, 1h30m or 7d`,
  ],
  'bad-identifier': [
    `${S}:14:3 mitigations.Roll-Back: use lower-case letters, digits and underscores, starting with a letter`,
  ],
  'bad-pages': [
    `${S}:26:3 dashboards.Latency: write an http or https address without user name, password or secrets, and without blanks, <, > or |`,
    `${S}:27:3 dashboards.Evals: write an http or https address without user name, password or secrets, and without blanks, <, > or |`,
    `${S}:29:7 vendors.0.name: use lower-case letters, digits and underscores, starting with a letter, 40 at most`,
    `${S}:30:23 vendors.1.status: write an http or https address without user name, password or secrets, and without blanks, <, > or |`,
    `${S}:30:88 vendors.1.every: write 1m to 1d, or off`,
  ],
  'bad-playbook': [
    'playbook.yaml:7:7 triggers.eval_score_drop.slis.task_completion_rate: compare by one of drop, rise, ratio, above, below, spike',
    'playbook.yaml:8:23 triggers.eval_score_drop.slis.refusal_rate.rise: write percentage points as 5pp',
    'playbook.yaml:9:5 triggers.eval_score_drop.severity: the last severity has no "beyond": it holds for the rest',
    'playbook.yaml:11:1 phases.post_incident: Invalid input: expected object, received undefined',
  ],
  'bad-service-name': [`${S}:1:1 service: use lower-case letters, digits and hyphens, 48 at most`],
  'bad-time-zone': [`${S}:3:1 timezone: is no time zone; write one such as Europe/Berlin`],
  'callback-url-without-public-url': [
    `${S}:14:3 mitigations.roll_back: it waits for a callback, so set AIRE_PUBLIC_URL to the address where the target reaches aire`,
  ],
  'callback-without-public-url': [
    `${S}:14:3 mitigations.roll_back: it waits for a callback, so set AIRE_PUBLIC_URL to the address where the target reaches aire`,
  ],
  'bad-polling': [
    `${S}:10:23 sources.prometheus.queries.availability.value: it looks back over [5m], but is asked every 1 min. Where samples are counted, both must be the same, or answers count several times.`,
    `${S}:11:17 evals.run.url: no values and no secrets are put in here; write it out`,
    `${S}:11:73 evals.run.secret: the variable AIRE_SECRET_OTHER is not set. Set it in the environment.`,
  ],
  'bad-readings': [
    `${S}:11:56 runbooks.bad_answers.steps.0.healthy: write below, above or both`,
    `${S}:12:71 runbooks.bad_answers.steps.1.pointer: write a JSON pointer such as /status/phase; ~ is written ~0 and / is ~1`,
    `${S}:13:9 runbooks.bad_answers.steps.2.pointer: healthy and sets need a pointer: it says which value of the answer they are about`,
    `${S}:14:90 runbooks.bad_answers.steps.3.timeout: write a time from 1s to 14s`,
  ],
  'duplicate-key': [`${S}:3:1 Map keys must be unique`],
  'duplicate-service': [
    'services/zz-copy.yaml:1:1 service: "support-agent" is described in services/support-agent.yaml too. Keep one of them.',
  ],
  'empty-file': [`${S}:1:1 Invalid input: expected object, received null`],
  'foreign-secret': [
    `${S}:18:5 mitigations.roll_back.request: \${DATABASE_URL} may not be used; only variables that start with AIRE_SECRET_ may`,
  ],
  'foreign-signing-secret': [
    `${S}:22:5 mitigations.roll_back.secret: name a variable that starts with AIRE_SECRET_`,
  ],
  'missing-key': [`${S}:1:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)`],
  'misspelt-placeholder': [
    `${S}:18:5 mitigations.roll_back.request: {{Facts.previous_good_model}} is unknown; use service, callback_url, incident.name, incident.severity or facts.<name>`,
  ],
  'nothing-to-match': [`${S}:6:26 sources.alerts.0.match: name at least one thing to match, such as title`],
  'overrides-that-fit-nothing': [
    `${S}:6:63 sources.alerts.0.trigger: "eval_score_drop" is off in this file, so the alert would do nothing`,
    `${S}:8:44 triggers.eval_score_drop.ratio: this trigger has none; what can be changed of it: drop, for, slis, min_samples, severity, off`,
    `${S}:9:3 triggers.latency: there is no trigger "latency"; known are: eval_score_drop`,
    `${S}:8:78 triggers.eval_score_drop.slis.refusal_rate.spike: a spike is one of counts, and the unit of refusal_rate is rate; compare it by drop, rise, ratio, above, below`,
  ],
  'reads-nowhere': [
    `${S}:6:49 sources.prometheus.headers: \${TOKEN} may not be used; only variables that start with AIRE_SECRET_ may`,
    `${S}:6:3 sources.prometheus: no values are put in here, and secrets only into headers; write it out`,
  ],
  'reads-unknown': [
    `${S}:11:67 runbooks.bad_answers.steps.0.query: there is nothing to query; add sources: { prometheus: { url } }`,
    `${S}:11:67 runbooks.bad_answers.steps.0.query: {{tenant}} is unknown; use service, incident.name, incident.severity or facts.<name>`,
    `${S}:12:67 runbooks.bad_answers.steps.1.query: there is nothing to query; add sources: { prometheus: { url } }`,
    `${S}:12:67 runbooks.bad_answers.steps.1.query: put {{facts.limit}} between quotes, as in {model="{{facts.limit}}"}`,
    `${S}:13:66 runbooks.bad_answers.steps.2.url: secrets belong into headers, not into the url, which people see`,
    `${S}:14:96 runbooks.bad_answers.steps.3.headers: the variable AIRE_SECRET_OTHER is not set. Set it in the environment.`,
  ],
  'secret-can-not-sign': [
    `${S}:22:5 mitigations.roll_back.secret: AIRE_SECRET_DEPLOY can't sign; it must be whsec_ and base64, such as from: openssl rand -base64 32`,
  ],
  'secret-in-body': [
    `${S}:18:5 mitigations.roll_back.request: secrets belong into headers, not into the url or body, which people see`,
  ],
  'secret-in-url': [
    `${S}:18:5 mitigations.roll_back.request: secrets belong into headers, not into the url or body, which people see`,
  ],
  'secret-unset': [
    `${S}:14:3 mitigations.roll_back: the variable AIRE_SECRET_OTHER is not set. Set it in the environment.`,
  ],
  'share-above-100-percent': [`${S}:4:66 slos.task_completion_rate.allowance: a share is at most 100%`],
  'slo-without-a-side': [`${S}:4:3 slos.latency_p95: an SLO has either at_least or at_most`],
  'tier-too-big': [`${S}:2:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)`],
  'too-many-aliases': [`${S}:1:1 Excessive alias count indicates a resource exhaustion attack`],
  'two-faults': [
    `${S}:2:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)`,
    `${S}:16:5 mitigations.roll_back.risk: Invalid option: expected one of "low"|"high"`,
  ],
  'two-vendors-with-one-name': [`${S}:25:1 vendors: two vendors have the same name`],
  'two-steps-with-one-id': [`${S}:10:5 runbooks.bad_answers.steps: two steps have the same id`],
  'unknown-alias': [`${S}:3:9 Unresolved alias (the anchor must be set before the alias): team`],
  'unknown-key': [`${S}:17:5 mitigations.roll_back.colour: unknown key. Remove it, or check its spelling.`],
  'unknown-mitigation': [
    `${S}:12:72 runbooks.bad_answers.steps.1.mitigation: this service has no such mitigation; it has: roll_back`,
  ],
  'unknown-placeholder': [
    `${S}:18:5 mitigations.roll_back.request: {{previous_good_model}} is unknown; use service, callback_url, incident.name, incident.severity or facts.<name>`,
  ],
  'unknown-sli-of-an-evaluation': [
    `${S}:8:32 sources.evaluations.1.sli: there is no SLI "task_completion"; correct its spelling, or describe it under slis`,
  ],
  'unknown-step-kind': [
    `${S}:11:23 runbooks.bad_answers.steps.0.kind: Invalid discriminator value. Expected 'check' | 'note' | 'choose' | 'mitigate' | 'query' | 'http' | 'compare' | 'page'`,
  ],
  'unknown-top-level-key': [`${S}:3:1 mitigation: unknown key. Remove it, or check its spelling.`],
  'unknown-trigger': [
    `${S}:6:63 sources.alerts.0.trigger: there is no trigger "eval_drop"; known are: eval_score_drop`,
  ],
  'unknown-trigger-in-a-runbook': [
    `${S}:9:13 runbooks.bad_answers.when.trigger: there is no trigger "lateness"; known are: eval_score_drop`,
  ],
  'wrong-type': [`${S}:2:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)`],
  'yaml-syntax': [`${S}:4:1 Flow map in block collection must be sufficiently indented and end with a }`],
};

test.each(Object.entries(rejected))(
  '%s is rejected where it stands, with how to mend it',
  async (name, faults) => {
    const files = await filesOf(name);
    let message = 'was accepted';
    try {
      loadCatalogue(files, context);
    } catch (error) {
      expect(error).toMatchObject({ name: 'AppError', code: 'runbooks_invalid' });
      message = error instanceof Error ? error.message : '';
    }
    expect(message.split('\n')).toEqual(faults);
  },
);

test('every case of the fixtures is tested', async () => {
  expect((await readdir(fixtures)).sort()).toEqual([...Object.keys(rejected), 'valid'].sort());
});

test('the file that the cases differ from is valid', async () => {
  const { services } = loadCatalogue(await filesOf('valid'), context);
  expect(services.all().map((service) => service.service)).toEqual(['support-agent']);
  expect(services.get('support-agent')).toMatchObject({
    declare: 'propose',
    timezone: 'UTC',
    approval: { approvers: [], two_person: 'high_risk', expires: 1_800_000 },
    mitigations: {
      roll_back: { limits: { per_incident: 2, cooldown: 600_000 }, verify: { consecutive: 3 } },
    },
  });
  expect(services.get('other')).toBeUndefined();
});

test('with a public address a callback is accepted', async () => {
  const open = { ...context, hasPublicUrl: true };
  for (const name of ['callback-without-public-url', 'callback-url-without-public-url'])
    expect(loadCatalogue(await filesOf(name), open).services.all()).toHaveLength(1);
});

test('without a playbook', async () => {
  const services = (await filesOf('valid')).slice(1);
  expect(() => loadCatalogue(services, context)).toThrow(
    'playbook.yaml:1:1 is missing. Copy it from the aire package, or set AIRE_RUNBOOKS_DIR.',
  );
});

test('the runbooks that are shipped load', async () => {
  const secrets = new Map([
    ['AIRE_SECRET_DEPLOY', ['token']],
    ['AIRE_SECRET_DEPLOY_SIGNING', [signing]],
  ]);
  const { playbook, services } = loadCatalogue(await readRunbookFiles(shipped), {
    secrets,
    hasPublicUrl: true,
  });
  expect(Object.keys(playbook.triggers)).toContain('eval_score_drop');
  expect(playbook.phases.triage.window).toBe(300_000);
  expect(services.get('support-agent')?.mitigations.roll_back_model?.idempotency).toBe('header');
});

test('the JSON schema for editors is the one that is shipped', async () => {
  expect(JSON.parse(await readFile(join(shipped, 'schema.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(serviceFileJsonSchema())),
  );
});
