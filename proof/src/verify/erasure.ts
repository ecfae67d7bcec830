import { fromUtf8 } from '../hash/bytes.js';

/** The stream in which erasures are recorded; senders cannot write to it. */
export const ERASURE_STREAM = 'admin';

type Members = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

const PSEUDONYM = /sub_[a-z2-7]{26}/g;
const WHOLE = /^sub_[a-z2-7]{26}$/;
const SEALED = /^sealed:v1:(sub_[a-z2-7]{26}):/;

/**
 * The pseudonyms a record names a person by: who acted (`actor.id`), whom it is about (`entity.id`), whom a value under
 * `metadata.details` or `data` stands for or was sealed for (docs/formats/sealed-values.md). What the platform records
 * about a subject as such, its erasure for one, is not of that person.
 */
export function subjectsOf(record: object): Set<string> {
  const { actor, data, entity, metadata } = record as Members;
  const ids = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) visit(each);
    else if (typeof value === 'string') {
      const id = WHOLE.test(value) ? value : sealedFor(value);
      if (id !== null) ids.add(id);
    }
  };
  visit(member(actor, 'id'));
  if (member(entity, 'type') !== 'subject') visit(member(entity, 'id'));
  visit(member(metadata, 'details'));
  visit(data);
  return ids;
}

/** The subject for whom a value was sealed; null for any other value. */
export const sealedFor = (value: unknown): string | null =>
  typeof value === 'string' ? (SEALED.exec(value)?.[1] ?? null) : null;

/** The subject that a record says was erased, or null. It counts only out of the log {@link ERASURE_STREAM}. */
export function erasedSubject(record: object): string | null {
  const { action, entity, stream } = record as Members;
  const id = member(entity, 'id');
  const tells =
    action === 'subject_erased' && stream === ERASURE_STREAM && member(entity, 'type') === 'subject';
  return tells && typeof id === 'string' ? id : null;
}

/** Subjects whose erasure was proven, collected from sealed records. Holds their pseudonyms and nothing else. */
export class ErasedSubjects {
  readonly #ids = new Set<string>();

  /** Takes in a record of the log {@link ERASURE_STREAM} whose place was proven. */
  learn(bytes: Uint8Array): void {
    const text = fromUtf8(bytes) ?? '';
    if (!text.includes('"action":"subject_erased"')) return;
    const id = erasedSubject(parsed(text));
    if (id !== null) this.#ids.add(id);
  }

  /** Whether a record of the same tenant names one of them. */
  concern(bytes: Uint8Array): boolean {
    if (this.#ids.size === 0) return false;
    const text = fromUtf8(bytes) ?? '';
    // Hardly any record names an erased person: only those are taken apart.
    const named = text.match(PSEUDONYM)?.some((id) => this.#ids.has(id)) ?? false;
    return named && [...subjectsOf(parsed(text))].some((id) => this.#ids.has(id));
  }
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
