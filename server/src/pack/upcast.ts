import { eventKey, versionsOf } from './evolution.js';
import type { EventDeclaration, Pack, Upcast } from './model.js';

type Details = Readonly<Record<string, unknown>>;

/** A record of an earlier version as the newest one reads it. */
export interface Reading {
  readonly event_version: number;
  readonly details: Details;
}

interface Old {
  readonly event_type: string;
  readonly action?: string;
  readonly event_version: number;
  readonly metadata?: { readonly details?: Details };
}

/** Details of one version as the next one reads them: renamed, without what is dropped, with what is set. */
export function applyUpcast(details: Details, { rename, drop, set }: Upcast): Details {
  const kept = Object.entries(details).filter(([name]) => !drop.has(name));
  return Object.fromEntries([...set, ...kept.map(([name, value]) => [rename.get(name) ?? name, value])]);
}

/** Reads old records as the newest version of their event; what is sealed stays as it is. */
export class Upcasts {
  readonly #versions: ReadonlyMap<string, ReadonlyMap<string, readonly EventDeclaration[]>>;

  constructor(packs: Iterable<Pack>) {
    this.#versions = new Map([...packs].map((pack) => [pack.name, versionsOf(pack)]));
  }

  /** @param packs of the tenant @returns undefined where no newer version says how to read it. */
  read(packs: readonly string[], record: Old): Reading | undefined {
    const key = eventKey(record.event_type, record.action ?? '');
    const versions = packs.map((pack) => this.#versions.get(pack)?.get(key)).find((v) => v !== undefined);
    const newer = versions?.filter(({ version }) => version > record.event_version) ?? [];
    const upcasts = newer.flatMap(({ upcast }) => upcast ?? []);
    if (upcasts.length === 0) return undefined;
    const details = upcasts.reduce(applyUpcast, record.metadata?.details ?? {});
    return { event_version: newer.at(-1)?.version ?? record.event_version, details };
  }
}
