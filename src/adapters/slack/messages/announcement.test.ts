import { describe, expect, it } from 'vitest';
import type { Phase } from '../../../incidents/incident.ts';
import { announcement } from './announcement.ts';
import { ANA, after, expectGolden, incidentIn } from './test-builders.ts';

describe('the line in the incidents channel', () => {
  it.each<Phase>(['triage', 'scope', 'mitigate', 'post_incident', 'closed', 'cancelled'])(
    'stands as it is in %s',
    (phase) => expectGolden(`announcement-${phase}`, announcement(incidentIn(phase), 'C0INC12')),
  );

  it('says so when nobody commands and there is no channel yet', () => {
    expectGolden('announcement-fresh', announcement(incidentIn('triage'), undefined));
  });

  it('says that users are well again before the incident is over', () => {
    const incident = incidentIn('mitigate', { mitigatedAt: after(20), commander: ANA });
    expectGolden('announcement-mitigated', announcement(incident, 'C0INC12'));
  });

  it('has a text without markup for notifications', () => {
    const { text } = announcement(incidentIn('triage', { title: '<!channel> & co' }), undefined);
    expect(text).toBe('SEV2 INC-12 support-agent: &lt;!channel&gt; &amp; co');
  });
});
