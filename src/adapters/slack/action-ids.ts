/** What buttons, selects, modals and shortcuts are called on the wire. A name is never given a new meaning. */
export const ACTIONS = {
  declareProposal: 'proposal.declare',
  dismissProposal: 'proposal.dismiss',
  takeCommand: 'incident.take_command',
  advance: 'incident.advance',
  resolve: 'incident.resolve',
  cancel: 'incident.cancel',
  close: 'incident.close',
  reopen: 'incident.reopen',
  split: 'incident.split',
  readVendors: 'incident.read_vendors',
  addActionItem: 'incident.add_action_item',
  stepRun: 'step.run',
  stepOk: 'step.ok',
  stepNotOk: 'step.not_ok',
  stepSkip: 'step.skip',
  stepChoose: 'step.choose',
  stepNote: 'step.note',
  requestMitigation: 'mitigation.request',
  approveMitigation: 'mitigation.approve',
  rejectMitigation: 'mitigation.reject',
  mitigationHappened: 'mitigation.happened',
  mitigationDidNot: 'mitigation.did_not',
  releaseMitigations: 'mitigation.release',
  approveCase: 'golden.approve',
  editCase: 'golden.edit',
  rejectCase: 'golden.reject',
  openIncident: 'incident.open',
} as const;

export const VIEWS = {
  declare: 'view.declare',
  note: 'view.note',
  mitigation: 'view.mitigation',
  actionItem: 'view.action_item',
  expectedAnswer: 'view.expected_answer',
} as const;

export const DECLARE_SHORTCUT = 'declare_ai_incident';
