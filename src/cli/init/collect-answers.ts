import { AppError } from '../../errors.ts';
import { serviceName } from '../../services/schema.ts';
import { QUESTIONS, type Question } from './questions.ts';
import type { Answers } from './service-file-text.ts';

/** The flags of `aire init`, as they were written. */
export interface InitFlags {
  readonly team?: string;
  readonly tier?: string;
  readonly template?: string;
  readonly sre?: string;
  readonly pagerdutyService?: string;
  /** Takes the defaults instead of asking. */
  readonly yes?: boolean;
}

/** Asks a person, who answers with a line of text. */
export type Ask = (question: string) => Promise<string>;

/**
 * The answers: from flags, from a person where there is one (`ask`), or by default.
 *
 * @throws AppError `invalid_input` with every flag that is wrong, or that is missing while there is nobody to ask.
 */
export async function collectAnswers(name: string, flags: InitFlags, ask?: Ask): Promise<Answers> {
  const asked = flags.yes === true ? undefined : ask;
  const faults = [...faultsOfName(name), ...keys.flatMap((key) => faultOf(key, flags, asked !== undefined))];
  if (faults.length > 0) throw new AppError('invalid_input', faults.join('\n'));

  const answer = <T>(question: Question<T>, flag: string | undefined): Promise<T> =>
    answerTo(question, flag, asked);
  const team = await answer(QUESTIONS.team, flags.team);
  const tier = await answer(QUESTIONS.tier, flags.tier);
  const template = await answer(QUESTIONS.template, flags.template);
  const sre = await answer(QUESTIONS.sre, flags.sre);
  const pagerdutyService = await answer(QUESTIONS.pagerdutyService, flags.pagerdutyService);
  return {
    service: name,
    team,
    tier,
    template,
    ...(sre === undefined ? {} : { sre }),
    ...(pagerdutyService === undefined ? {} : { pagerdutyService }),
  };
}

const keys = ['team', 'tier', 'template', 'sre', 'pagerdutyService'] as const;

function faultsOfName(name: string): string[] {
  const read = serviceName.safeParse(name);
  return read.success ? [] : read.error.issues.map((issue) => `<service>: ${issue.message}`);
}

function faultOf(key: (typeof keys)[number], flags: InitFlags, canAsk: boolean): string[] {
  const question: Question<unknown> = QUESTIONS[key];
  const text = flags[key]?.trim();
  if (text === undefined) {
    const isOpen = question.fallback === '' || (flags.yes === true && question.fallback !== undefined);
    return canAsk || isOpen ? [] : [`${question.flag} is missing. ${question.ask}`];
  }
  const read = question.read(text);
  return 'fault' in read ? [`${question.flag}: ${read.fault}`] : [];
}

/** Asked again until the answer can be used, each time with the reason. */
async function answerTo<T>(
  question: Question<T>,
  flag: string | undefined,
  ask: Ask | undefined,
): Promise<T> {
  let text = flag?.trim() ?? (ask === undefined ? (question.fallback ?? '') : undefined);
  let why = '';
  for (;;) {
    text ??= (await ask?.(`${why}${question.ask}\n> `))?.trim() || (question.fallback ?? '');
    const read = question.read(text);
    if ('value' in read) return read.value;
    // Flags and defaults were looked at before.
    if (ask === undefined) throw new AppError('invalid_input', `${question.flag}: ${read.fault}`);
    why = `${read.fault}\n`;
    text = undefined;
  }
}
