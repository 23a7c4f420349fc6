import pg from 'pg';
import { openDatabase } from '../../src/adapters/db/database.ts';
import { silentLogger } from '../../src/log.ts';

/**
 * Fills an empty database with open incidents as aire leaves them: one a service (a further trigger attaches to the
 * open one), with a shared runbook, what is watched, four timeline entries, three Slack messages, jobs that are done
 * and reminders that are still to come. Services beyond those of the bot's catalogue are known to the database only.
 */
export async function fillOpenIncidents(databaseUrl: string, count: number): Promise<void> {
  await (await openDatabase({ kind: 'postgres', url: databaseUrl }, silentLogger)).close();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const statement of STATEMENTS) await client.query(statement.replaceAll('$count', String(count)));
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}

const NUMBERED = `(select n, 'inc_' || n as id, 'svc-' || lpad(n::text, 6, '0') as service, now() - interval '2 hours' + n * interval '1 ms' as at
  from generate_series(1, $count) n) i`;

const STATEMENTS = [
  `insert into snapshots (hash, runbook)
    select 'hash-' || n, jsonb_build_object('hash', 'hash-' || n, 'phases', '{}'::jsonb, 'mitigations', '{}'::jsonb, 'steps',
      (select jsonb_agg(jsonb_build_object('id', 'step_' || s, 'kind', 'check', 'phase', 'triage', 'title', 'Is part ' || s || ' healthy?')) from generate_series(1, 20) s))
    from generate_series(1, 5) n`,
  `insert into incidents (id, version, service, title, reason, kind, severity, phase, trigger, declare_key, declared_by, started_at, detected_at, declared_at, facts, steps, runbook_hash, findings)
    select id, 3, service, 'Eval score drop', 'Task completion rate 86.0 % is 9.0 points below its baseline of 95.0 %.', 'model_behavior', 'SEV2',
      (array['triage', 'scope', 'mitigate'])[1 + n % 3], 'eval_score_drop', 'key-' || n, '{"kind":"person","id":"U0ANA"}', at, at, at,
      '{"current_model":{"value":"v18","from":"signal:ci","at":{"$date":"2026-11-21T10:00:00.000Z"}}}', '{"step_1":{"status":"done","outcome":"ok"}}', 'hash-' || 1 + n % 5, '[]'
    from ${NUMBERED}`,
  `insert into watches (service, version, findings) select service, 1, '{}' from ${NUMBERED}`,
  `insert into timeline (id, incident_id, at, actor, kind, text, once_key)
    select 'ent_' || n || '_' || e, id, at, '{"kind":"aire"}', 'note', 'Recorded while the incident went on, number ' || e || '.', 'once-' || e
    from ${NUMBERED}, generate_series(1, 4) e`,
  `insert into slack_messages (key, channel, ts)
    select k || ':' || id, 'C' || lpad(n::text, 9, '0'), case when k = 'channel' then null else '1700000000.000100' end
    from ${NUMBERED}, unnest(array['channel', 'card', 'announcement']) k`,
  `insert into jobs (kind, lane, key, coalesce, payload_version, payload, state, due_at, attempts, created_at, ended_at)
    select 'incident.remind', 'incident:' || id, 'remind:' || id || ':' || r, false, 1, jsonb_build_object('incidentId', id, 'reminder', 'unresolved'),
      case when r = 1 then 'done' else 'ready' end, case when r = 1 then at else now() + interval '1 day' end, r - 1, at, case when r = 1 then at end
    from ${NUMBERED}, generate_series(1, 2) r`,
];
