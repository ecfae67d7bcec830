import { canonicalize } from '@prooflog/proof';
import type { Field, Shape } from '../../pack/model.js';
import type { Remarks } from '../remarks.js';
import { applyStrategy, type Person } from '../strategies.js';

type Members = { readonly [key: string]: unknown };

/** Makes the canonical JSON of `metadata.details`, each value by its strategy. */
export class Details {
  readonly #person: Person;
  readonly #remarks: Remarks;
  readonly #root: Members;

  constructor(person: Person, remarks: Remarks, root: Members) {
    this.#person = person;
    this.#remarks = remarks;
    this.#root = root;
  }

  /** @param fields sorted by name @throws Refused for what the schema cannot express. */
  json(fields: readonly Field[]): string {
    return this.#object(fields, this.#root, 'metadata.details');
  }

  #object(fields: readonly Field[], value: Members, path: string): string {
    let members = '';
    for (const field of fields) {
      if (!Object.hasOwn(value, field.name)) continue;
      const place = `${path}.${field.name}`;
      if (field.consent !== null && !this.#person.consents(field.consent)) {
        this.#remarks.add('no_consent', place);
        continue;
      }
      const json = this.#value(field.shape, value[field.name], place);
      if (json !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(field.name)}:${json}`;
    }
    return `{${members}}`;
  }

  /** Undefined where nothing is kept. */
  #value(shape: Shape, value: unknown, path: string): string | undefined {
    if (value === null) return 'null';
    switch (shape.kind) {
      case 'leaf': {
        const kept = applyStrategy(shape.strategy, value, path, {
          person: this.#person,
          remarks: this.#remarks,
          named: (field) => this.#root[field],
        });
        return kept === undefined ? undefined : canonicalize(kept);
      }
      case 'object':
        return this.#object(shape.fields, value as Members, path);
      case 'array': {
        const items = (value as readonly unknown[]).map((item) => this.#value(shape.items, item, path));
        return `[${items.filter((item) => item !== undefined).join(',')}]`;
      }
    }
  }
}
