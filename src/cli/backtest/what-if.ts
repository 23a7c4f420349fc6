import { AppError } from '../../errors.ts';
import { quantity } from '../../services/quantities.ts';
import type { ServiceIdentity } from '../../services/schema.ts';
import { sliDefinition } from '../../services/slis.ts';
import {
  type Comparator,
  type SpikeRule,
  spikeFields,
  spike as spikeSchema,
  type TriggerRule,
  type TriggerSettings,
  triggerFields,
  triggerRule,
} from '../../triggers/schema.ts';

/** What is played: one SLI of a rule, for a service. */
export interface Subject {
  readonly trigger: string;
  readonly sli: string;
  readonly rule: TriggerRule;
  readonly service: ServiceIdentity & TriggerSettings;
}

const OTHERS = ['for', 'min_samples', 'confirm', 'baseline', 'slo'];

/**
 * The subject with what `--set key=value` says otherwise: a comparator such as `drop=3pp`, `for`, `min_samples`,
 * `confirm`, `baseline` (pinned) or `slo`. @throws AppError `invalid_input`.
 */
export function whatIf(subject: Subject, settings: readonly string[]): Subject {
  return settings.reduce(withSetting, subject);
}

function withSetting(subject: Subject, setting: string): Subject {
  const [, key, value] = /^([a-z_]+)=(.+)$/.exec(setting) ?? [];
  if (key === undefined || value === undefined)
    throw new AppError('invalid_input', `--set ${setting}: write key=value, such as drop=3pp.`);
  const { rule, service, sli } = subject;
  const read = <T>(
    from: { safeParse(input: unknown): { success: boolean; data?: T } },
    example: string,
  ): T => {
    const { data } = from.safeParse(numeric(value));
    if (data === undefined) throw new AppError('invalid_input', `--set ${setting}: write ${example}.`);
    return data;
  };
  switch (key) {
    case 'min_samples':
      return {
        ...subject,
        rule: { ...rule, min_samples: read(triggerRule.shape.min_samples, 'min_samples=50') },
      };
    case 'confirm': {
      const confirm = read(triggerFields.confirm, 'confirm=exact or confirm=sequential');
      return { ...subject, service: { ...service, confirm } };
    }
    case 'baseline': {
      const pinned = { ...service.baseline.pinned, [sli]: read(quantity, 'baseline=95%') };
      return { ...subject, service: { ...service, baseline: { ...service.baseline, pinned } } };
    }
    case 'slo': {
      const promised = read(quantity, 'slo=90%');
      const side = sliDefinition(sli, service.slis).better === 'higher' ? 'at_least' : 'at_most';
      const slo = { dimension: 'performance', [side]: promised } as const;
      return { ...subject, service: { ...service, slos: { ...service.slos, [sli]: slo } } };
    }
    default:
      return {
        ...subject,
        rule: { ...rule, slis: { [sli]: compared(rule.slis[sli], key, value, setting) } },
      };
  }
}

/** The comparator with another duration, or another comparator for the same duration. */
function compared(before: Comparator | undefined, key: string, value: string, setting: string): Comparator {
  if (isSpikeKey(key))
    return { spike: { ...(before?.spike ?? USUAL_SPIKE), ...spikePart(key, value, setting) } };
  if (before?.spike !== undefined && key === 'for')
    throw new AppError('invalid_input', `--set ${setting}: a spike has a window of its own; set within.`);
  // A duration needs a comparator beside it to be read by the schema.
  const written = key === 'for' ? { above: 0, for: value } : { [key]: numeric(value) };
  const read = triggerRule.shape.slis.safeParse({ sli: written });
  const found = read.data?.sli;
  if (found === undefined)
    throw new AppError(
      'invalid_input',
      `--set ${setting}: ${read.error?.issues[0]?.message ?? 'is not understood'}. Set a comparator (drop=3pp, rise=3pp, ratio=2, above=1%, below=slo; at_least=5, within=1h, against=1d or p=0.001 of a spike), ${OTHERS.join(', ')}.`,
    );
  if (key === 'for') return { ...before, for: found.for };
  return before?.for === undefined ? found : { ...found, for: before.for };
}

/** A spike with what is left out as the schema has it. */
const USUAL_SPIKE = spikeSchema.parse({});

function isSpikeKey(key: string): key is keyof SpikeRule {
  return Object.hasOwn(spikeFields, key);
}

function spikePart(key: keyof SpikeRule, value: string, setting: string): Partial<SpikeRule> {
  const { data, error } = spikeFields[key].safeParse(numeric(value));
  if (data !== undefined) return { [key]: data };
  throw new AppError(
    'invalid_input',
    `--set ${setting}: ${error?.issues[0]?.message ?? 'is not understood'}.`,
  );
}

function numeric(value: string): string | number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
