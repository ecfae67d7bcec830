import type { ErrorCode } from '../base/errors.js';
import type { Purpose } from '../event/purposes.js';
import type { Retention } from './retention.js';

/** A JSON Schema 2020-12 (sub)schema as Ajv takes it. */
export type JsonSchema = { readonly [key: string]: unknown };

/** What becomes of a value that passed validation: docs/formats/pack.md, `privacy`. */
export type Strategy =
  | { readonly kind: 'keep' | 'scrub' | 'drop' | 'tokenise' | 'hash' | 'truncate' }
  | { readonly kind: 'mask'; readonly last: number }
  | { readonly kind: 'bucket'; readonly bounds: readonly number[] }
  /** `subject`: the tokenised field that names the person; null is the one who acted. */
  | { readonly kind: 'encrypt'; readonly subject: string | null };

/** The shape of a value: strategies stand at its leaves. */
export type Shape =
  | { readonly kind: 'leaf'; readonly strategy: Strategy }
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  | { readonly kind: 'array'; readonly items: Shape };

export interface Field {
  readonly name: string;
  readonly description: string;
  readonly shape: Shape;
  /** Without this consent of the person who acted the field is left out. */
  readonly consent: Purpose | null;
}

/** How records of the version before are read as this one. */
export interface Upcast {
  readonly rename: ReadonlyMap<string, string>;
  /** Fields that are not read any more. */
  readonly drop: ReadonlySet<string>;
  /** Values of fields that old records do not have. */
  readonly set: ReadonlyMap<string, unknown>;
}

/** Where something is declared: path below the folder of the pack, and line from 1. */
export interface Located {
  readonly file: string;
  readonly line: number;
}

/** One event type, or one action of it, in one version. */
export interface EventDeclaration extends Located {
  readonly pack: string;
  readonly action: string;
  readonly eventType: string;
  /** Whether the event type alone says which action it is. */
  readonly named: boolean;
  readonly version: number;
  readonly stream: string;
  readonly description: string;
  readonly entityTypes: readonly string[];
  /** Entity types that are people. */
  readonly people: readonly string[];
  /** Places of the envelope that are mandatory besides the usual ones. */
  readonly requires: readonly string[];
  readonly consent: Purpose | null;
  /** Schema of `metadata.details`, closed to undeclared properties. */
  readonly details: JsonSchema;
  /** The same fields, sorted by name as canonical JSON needs them. */
  readonly fields: readonly Field[];
  readonly upcast: Upcast | null;
}

/** Where a value of the envelope comes from in a foreign record. */
export type Mapping = Located & ValueFrom;

type ValueFrom =
  | {
      readonly from: readonly string[];
      readonly values?: Readonly<Record<string, string>>;
      readonly default?: string;
      readonly number: boolean;
      /** What the number is multiplied by. */
      readonly scale?: number;
      /** Milliseconds in one unit of a time that is a number; null where it is a text. */
      readonly epoch: number | null;
    }
  | { readonly value: string };

/** A foreign shape (CloudTrail, …) and how it becomes our envelope. */
export interface SourceDeclaration {
  readonly pack: string;
  readonly name: string;
  readonly description: string;
  /** Path of the foreign record's own identity: the same record twice is one record. */
  readonly id: string;
  /** Dotted envelope path → where it comes from. */
  readonly envelope: ReadonlyMap<string, Mapping>;
}

export const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'] as const;
export type Level = (typeof LEVELS)[number];

/** A log field beyond the standard ones. */
export interface LogField {
  readonly name: string;
  readonly type: 'string' | 'number';
  readonly description: string;
  readonly strategy: Strategy;
  /** Names of attributes it is taken from, its own among them. */
  readonly from: readonly string[];
}

export interface Component extends Located {
  readonly name: string;
  /** Service names; `*` at the end stands for anything. */
  readonly services: readonly string[];
  readonly category: string;
  readonly level: Level | null;
  readonly description: string;
  readonly fields: readonly string[];
}

export interface Logs {
  /** Environment → level below which its loggers are silent. */
  readonly levels: ReadonlyMap<string, Level>;
  readonly fields: readonly LogField[];
  readonly components: readonly Component[];
}

export const ABILITIES = [
  'search',
  'correlate',
  'prove',
  'export',
  'aggregate',
  'hold',
  'erase',
  'configure',
] as const;

export interface Role extends Located {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly streams: readonly string[];
  readonly can: readonly (typeof ABILITIES)[number][];
  /** Places that are masked. */
  readonly hide: readonly string[];
  /** Field → `own`, or the values it may have. */
  readonly rows: ReadonlyMap<string, 'own' | readonly string[]>;
}

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Detector extends Located {
  readonly name: string;
  readonly description: string;
  readonly query: string;
  readonly groupBy: readonly string[];
  /** ISO 8601 duration. */
  readonly window: string;
  readonly threshold: number;
  readonly severity: Severity;
  readonly runbook: string;
  readonly raises: string | null;
}

/** A rule of a Prometheus rule file. */
export interface AlertRule extends Located {
  readonly group: string;
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

/** An OpenSLO v1 object, as it is written. */
export interface Slo extends Located {
  readonly kind: 'SLO' | 'SLI' | 'Service';
  readonly name: string;
  readonly spec: unknown;
}

export const PANEL_KINDS = ['timeseries', 'stat', 'bar', 'table', 'distribution'] as const;
export const MEASURES = ['count', 'sum', 'avg', 'p50', 'p95', 'p99', 'unique'] as const;

export interface SearchPanel {
  readonly query: string;
  readonly streams: readonly string[];
  readonly groupBy: string | null;
  readonly value: string | null;
  readonly measure: (typeof MEASURES)[number];
}

export interface Panel {
  readonly title: string;
  readonly kind: (typeof PANEL_KINDS)[number];
  readonly unit: string;
  readonly data: { readonly promql: string } | { readonly search: SearchPanel };
}

export interface Dashboard extends Located {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly roles: readonly string[];
  /** ISO 8601 duration; empty: on demand. */
  readonly refresh: string;
  readonly panels: readonly Panel[];
}

export interface Runbook {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** A sample, with what must happen to it: accepted, or refused with this code. */
export interface Sample {
  readonly expect: 'accepted' | ErrorCode;
  readonly source?: string;
  /** Seconds before the time of loading, so that samples are never older than the page's default range. */
  readonly ago: number;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly log?: {
    readonly level: string;
    readonly message: string;
    readonly service: string;
    readonly attributes?: Readonly<Record<string, unknown>>;
  };
}

export interface Pack {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  /** Of the tenants that may turn it on; none: all. */
  readonly regions: readonly string[];
  readonly dir: string;
  readonly events: readonly EventDeclaration[];
  readonly retention: readonly Retention[];
  readonly logs: Logs | null;
  readonly sources: readonly SourceDeclaration[];
  readonly roles: readonly Role[];
  readonly detectors: readonly Detector[];
  readonly alerts: readonly AlertRule[];
  readonly slos: readonly Slo[];
  readonly dashboards: readonly Dashboard[];
  readonly runbooks: readonly Runbook[];
}
