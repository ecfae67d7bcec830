/** What can be done over HTTP. Every route names one; a route without one fails the build. */
export type Permission =
  | 'public'
  | 'ingest'
  | 'read'
  | 'read_ledger'
  | 'manage_keys'
  | 'manage_privacy'
  | 'manage_tenants'
  | 'signed_in';

export const ROLES = ['ingest', 'reader', 'admin'] as const;
export type RoleName = (typeof ROLES)[number];

const ALLOWED: Readonly<Record<RoleName, readonly Permission[]>> = {
  ingest: ['public', 'ingest', 'signed_in'],
  reader: ['public', 'read', 'read_ledger', 'signed_in'],
  admin: ['public', 'ingest', 'read', 'read_ledger', 'manage_keys', 'manage_privacy', 'signed_in'],
};

/** Who is asking. `tenant` is null for an administrator of the whole installation. */
export interface Principal {
  readonly credential: string;
  readonly role: RoleName;
  readonly tenant: string | null;
  /** From a cookie: writes need the anti-forgery header. */
  readonly session: boolean;
}

/** Whether the principal may; the installation's administrator may also manage tenants. */
export function allows(principal: Principal, permission: Permission): boolean {
  if (permission === 'manage_tenants') return principal.role === 'admin' && principal.tenant === null;
  return ALLOWED[principal.role].includes(permission);
}
