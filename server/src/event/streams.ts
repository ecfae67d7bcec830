/** What a stream is for decides how it is sealed: every record by itself, or in blocks. */
export interface Stream {
  readonly name: string;
  readonly sealedBy: 'record' | 'block';
  readonly description: string;
}

/** The streams the engine itself knows; packs add their own. */
export const STREAMS: readonly Stream[] = [
  { name: 'audit', sealedBy: 'record', description: 'Governance: who changed what' },
  { name: 'activity', sealedBy: 'record', description: 'Steps of business workflows' },
  { name: 'access', sealedBy: 'record', description: 'Every read of what is kept here' },
  { name: 'admin', sealedBy: 'record', description: 'Changes to tenants, keys and settings' },
  { name: 'security', sealedBy: 'record', description: 'What the platform finds wrong with itself' },
  { name: 'logs', sealedBy: 'block', description: 'Application logs' },
];

const BLOCKS = new Set(STREAMS.filter((s) => s.sealedBy === 'block').map((s) => s.name));

export const isBlockStream = (stream: string): boolean => BLOCKS.has(stream);
