import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Failure } from './errors.js';

/** All settings with their defaults; docs/settings.md says what they do. */
export interface Settings {
  /** Data directory. */
  data: string;
  /** `host:port` of the HTTP API and the pages; port 0 takes a free one. */
  listen: string;
  /** `host:port` of OTLP over gRPC. */
  otlp_grpc: string;
  /** The bootstrap administrator's token; without it a random one is printed once. */
  admin_token: string;
  /** First part of the origin of new tenants' logs, a name of the operator's own. */
  origin: string;
  /** Regions whose tenants are kept here, separated by commas; empty: any. */
  regions: string;
  /** Where those of other regions are kept: `us=https://us.example.com,…`. */
  region_addresses: string;
  /** Folder of the packs. */
  packs: string;
  /** 64 hex digits that open the keyring; without it `keys/master.key` in the data directory does. */
  master_key: string;
  /** Address of HashiCorp Vault or OpenBao, whose transit engine then signs and holds the master key. */
  transit_url: string;
  transit_mount: string;
  transit_token: string;
  /** Whether the search store runs under bubblewrap: auto (where it can), required or off. */
  confine: string;
  /** Folders besides the data directory that an erasure looks through, separated by commas: backups, exports. */
  erasure_scan: string;
  /** File of verifier keys of logs that this server cosigns as a witness; empty: it is none. */
  witness_logs: string;
  /** Name under which it cosigns. */
  witness_name: string;
  /** c2sp.org/tlog-policy file with the witnesses, and their addresses, that cosign the logs here; empty: none do. */
  witness_policy: string;
  /** Bytes per second at which the stored ledger is read again to check it. */
  integrity_rate: string;
  /** Seconds from the beginning of one round of checking to the next, at least. */
  integrity_round: string;
  /** S3 bucket with Object Lock that the ledger is copied to; empty: to none. */
  archive_bucket: string;
  /** Folder in it. */
  archive_prefix: string;
  /** Address of an S3 server other than Amazon's. */
  archive_endpoint: string;
  archive_region: string;
  /** Empty: the AWS SDK looks in the places it usually does. */
  archive_access_key_id: string;
  archive_secret_access_key: string;
  /** Seconds between two copies of the end of a log, which is replaced, at least. */
  archive_interval: string;
  /** Seconds from one look for records whose time is over to the next. */
  expiry_round: string;
  /** MaxMind DB file that says which country an address lies in; empty: nobody does. */
  geoip_database: string;
  /** Seconds from one review of stored records for personal data to the next. */
  review_round: string;
  /** Records of each log that such a review draws, about. */
  review_sample: string;
  /** Records it looks at in a second, at most. */
  review_rate: string;
  /** debug, info, warn or error. */
  log_level: string;
}

export const DEFAULTS: Settings = {
  data: './prooflog-data',
  listen: '127.0.0.1:7117',
  otlp_grpc: '127.0.0.1:4317',
  admin_token: '',
  origin: 'prooflog.local',
  regions: '',
  region_addresses: '',
  packs: '',
  master_key: '',
  transit_url: '',
  transit_mount: 'transit',
  transit_token: '',
  confine: 'auto',
  erasure_scan: '',
  witness_logs: '',
  witness_name: '',
  witness_policy: '',
  integrity_rate: '16777216',
  integrity_round: '60',
  archive_bucket: '',
  archive_prefix: '',
  archive_endpoint: '',
  archive_region: '',
  archive_access_key_id: '',
  archive_secret_access_key: '',
  archive_interval: '60',
  expiry_round: '3600',
  geoip_database: '',
  review_round: '86400',
  review_sample: '1000',
  review_rate: '2000',
  log_level: 'warn',
};

/** Used by the tools, not by the server: they may stand in the same environment. */
const OTHER_VARIABLES = new Set(['PROOFLOG_CONFIG', 'PROOFLOG_KEY', 'PROOFLOG_URL', 'PROOFLOG_TENANT']);

const isKey = (key: string): key is keyof Settings => Object.hasOwn(DEFAULTS, key);

/** Edit distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

function nearest(key: string): string {
  return Object.keys(DEFAULTS).sort((a, b) => distance(key, a) - distance(key, b))[0] ?? '';
}

function assign(into: Settings, key: string, value: unknown, where: string): void {
  if (!isKey(key))
    throw new Failure(
      'bad_setting',
      `${where} is not a setting. Did you mean ${where.startsWith('PROOFLOG_') ? `PROOFLOG_${nearest(key).toUpperCase()}` : nearest(key)}?`,
    );
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Failure('bad_setting', `${where} must be a text.`);
  into[key] = String(value);
}

/**
 * The settings: defaults, then the YAML file named by `PROOFLOG_CONFIG`, then `PROOFLOG_*` variables.
 * @throws Failure `bad_setting` naming the setting and the nearest known name.
 */
export function readSettings(env: NodeJS.ProcessEnv, overrides: Partial<Settings> = {}): Settings {
  const settings = { ...DEFAULTS };
  const file = env.PROOFLOG_CONFIG;
  if (file)
    for (const [key, value] of Object.entries(readFile(file)))
      assign(settings, key, value, `${file}: ${key}`);
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('PROOFLOG_') && !OTHER_VARIABLES.has(name) && value !== undefined)
      assign(settings, name.slice(9).toLowerCase(), value, name);
  Object.assign(settings, overrides);
  check(settings);
  return settings;
}

function readFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) throw new Failure('bad_setting', `The settings file ${path} does not exist.`);
  try {
    const value: unknown = parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new Failure('bad_setting', `The settings file ${path} is not YAML.`, { cause });
  }
  throw new Failure('bad_setting', `The settings file ${path} must hold "name: value" lines.`);
}

function check(settings: Settings): void {
  for (const key of ['listen', 'otlp_grpc'] as const) parseAddress(settings[key], key);
  if (settings.master_key !== '' && !/^[0-9a-f]{64}$/i.test(settings.master_key))
    throw new Failure('bad_setting', 'master_key must be 64 hex digits.');
  if (settings.admin_token !== '' && settings.admin_token.length < 16)
    throw new Failure('bad_setting', 'admin_token must have at least 16 characters.');
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,60}[a-z0-9])?$/.test(settings.origin))
    throw new Failure('bad_setting', 'origin must be a host name in lower case.');
  checkTransit(settings);
  if (!['auto', 'required', 'off'].includes(settings.confine))
    throw new Failure('bad_setting', 'confine must be auto, required or off.');
  if (settings.witness_name !== '' && !/^[^\s+]{1,200}$/u.test(settings.witness_name))
    throw new Failure('bad_setting', 'witness_name must have no spaces and no plus.');
  if (settings.witness_logs !== '' && settings.witness_name === '')
    throw new Failure('bad_setting', 'witness_logs needs witness_name, the name this server cosigns under.');
  wholeNumber(settings.integrity_rate, 'integrity_rate', 65_536, 2 ** 40);
  wholeNumber(settings.integrity_round, 'integrity_round', 1, 86_400);
  checkArchive(settings);
  wholeNumber(settings.expiry_round, 'expiry_round', 1, 86_400);
  wholeNumber(settings.review_round, 'review_round', 1, 604_800);
  wholeNumber(settings.review_sample, 'review_sample', 1, 1_000_000);
  wholeNumber(settings.review_rate, 'review_rate', 1, 1_000_000);
  if (!['debug', 'info', 'warn', 'error', 'silent'].includes(settings.log_level))
    throw new Failure('bad_setting', 'log_level must be debug, info, warn or error.');
}

function checkTransit({ transit_url, transit_mount, transit_token, master_key }: Settings): void {
  if (transit_url === '') return;
  if (!/^https?:\/\/[^\s/@]+\/?$/.test(transit_url))
    throw new Failure('bad_setting', 'transit_url must look like https://vault.example:8200.');
  if (!/^[\w-]{1,64}(?:\/[\w-]{1,64})*$/.test(transit_mount))
    throw new Failure('bad_setting', 'transit_mount must be the path of a mount, such as transit.');
  if (transit_token === '') throw new Failure('bad_setting', 'transit_url needs a transit_token.');
  if (master_key !== '')
    throw new Failure(
      'bad_setting',
      'Give either master_key or transit_url: with the latter the master key is wrapped.',
    );
}

function checkArchive(settings: Settings): void {
  if (!/^(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/.test(settings.archive_bucket))
    throw new Failure('bad_setting', 'archive_bucket must be the name of an S3 bucket.');
  if (!/^(?:[\w.-]{1,100}(?:\/[\w.-]{1,100})*)?$/.test(settings.archive_prefix))
    throw new Failure('bad_setting', 'archive_prefix must be a folder, such as prooflog/eu.');
  if (!/^(?:https?:\/\/[^\s/@]+\/?)?$/.test(settings.archive_endpoint))
    throw new Failure('bad_setting', 'archive_endpoint must look like https://s3.example:9000.');
  if ((settings.archive_access_key_id === '') !== (settings.archive_secret_access_key === ''))
    throw new Failure('bad_setting', 'Give both archive_access_key_id and archive_secret_access_key.');
  wholeNumber(settings.archive_interval, 'archive_interval', 1, 86_400);
}

/** @throws Failure `bad_setting`. */
export function wholeNumber(text: string, name: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new Failure('bad_setting', `${name} must be a whole number from ${least} to ${most}.`);
  return value;
}

/** `host:port` taken apart. @throws Failure `bad_setting`. */
export function parseAddress(text: string, name: string): { host: string; port: number } {
  const m = /^(\[[0-9a-fA-F:]+\]|[^:\s]*):(\d{1,5})$/.exec(text);
  const port = Number(m?.[2]);
  if (m === null || port > 65535) throw new Failure('bad_setting', `${name} must look like 127.0.0.1:7117.`);
  return { host: (m[1] ?? '').replace(/^\[|\]$/g, '') || '0.0.0.0', port };
}
