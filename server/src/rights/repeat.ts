import type { Vault } from '../vault/vault.js';

/** A record of the stream `admin` that lies in the ledger, while the control database does not know of it. */
export interface UnknownRecord {
  readonly tenant: string;
  readonly bytes: Uint8Array;
  /** Whether it is under a checkpoint of the tenant's: nobody else can have keys destroyed by a file. */
  proven(): Promise<boolean>;
}

/**
 * Destroys again what a restored control database brought back: docs/formats/sealed-values.md, "After a restore".
 * To be called before anything can be read.
 * @returns how many subjects had come back.
 * @throws Failure `storage_full` or `storage_failed`, and what reading the records throws.
 */
export async function repeatErasures(vault: Vault, records: AsyncIterable<UnknownRecord>): Promise<number> {
  let repeated = 0;
  for await (const { tenant, bytes, proven } of records) {
    const subject = erasedSubject(bytes);
    if (subject === null || !vault.keeps(tenant, subject) || !(await proven())) continue;
    vault.destroy(tenant, subject);
    repeated += 1;
  }
  return repeated;
}

function erasedSubject(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString();
  if (!text.includes('"action":"subject_erased"')) return null;
  const { action, entity } = JSON.parse(text) as { action: unknown; entity?: { id?: unknown } };
  return action === 'subject_erased' && typeof entity?.id === 'string' ? entity.id : null;
}
