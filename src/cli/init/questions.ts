import type { z } from 'zod';
import { parseEmail } from '../../config-values.ts';
import { serviceFields } from '../../services/schema.ts';
import { isTemplate, TEMPLATES, type Template } from './templates.ts';

/** An answer that can be used, or why it can't. */
export type Read<T> = { readonly value: T } | { readonly fault: string };

/** Something `aire init` can't guess. */
export interface Question<T> {
  readonly flag: string;
  readonly ask: string;
  /** What an empty answer stands for; `''` where it may stay open; absent where there must be one. */
  readonly fallback?: string;
  read(text: string): Read<T>;
}

const team: Question<string> = {
  flag: '--team',
  ask: 'Which team runs it?',
  read: (text) => by(serviceFields.owners.shape.team, text),
};

const tier: Question<number> = {
  flag: '--tier',
  ask: 'Which tier, 0 to 3? 0 and 1 are customer-facing; 2 lowers severities by one, 3 by two. Default 1',
  fallback: '1',
  read: (text) => by(serviceFields.tier, /^\d+$/.test(text) ? Number(text) : text),
};

const template: Question<Template> = {
  flag: '--template',
  ask: `What is it? ${Object.entries(TEMPLATES)
    .map(([name, { is }]) => `${name} (${is})`)
    .join(' or ')}. Default llm-app`,
  fallback: 'llm-app',
  read: (text) =>
    isTemplate(text)
      ? { value: text }
      : { fault: `there is no template "${text}"; write ${Object.keys(TEMPLATES).join(' or ')}` },
};

const sre: Question<string | undefined> = {
  flag: '--sre',
  ask: 'Who is its SRE and is invited to incidents? E-mail address or Slack id; empty: nobody yet',
  fallback: '',
  read: (text) =>
    text === '' || /^[UW][A-Z0-9]{4,}$/.test(text) ? { value: text || undefined } : parseEmail(text),
};

const pagerdutyService: Question<string | undefined> = {
  flag: '--pagerduty-service',
  ask: 'Which PagerDuty service alerts for it? Its id, such as PABC123; empty: none yet',
  fallback: '',
  read: (text) =>
    /^([A-Z0-9]{4,20})?$/.test(text)
      ? { value: text || undefined }
      : { fault: `"${text}" is no PagerDuty id; copy it from the end of the service's address` },
};

/** In the order they are asked. */
export const QUESTIONS = { team, tier, template, sre, pagerdutyService };

/** By the schema of the field itself, so that what is asked for is what will be read. */
function by<T>(schema: z.ZodType<T>, value: unknown): Read<T> {
  const read = schema.safeParse(value);
  return read.success
    ? { value: read.data }
    : { fault: read.error.issues.map((issue) => issue.message).join('; ') };
}
