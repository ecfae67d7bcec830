import type { ErrorObject } from 'ajv';
import type { ErrorCode, Rejection } from '../../base/errors.js';
import { isPlainIdentifier } from '../reduce.js';

/** Carries a {@link Rejection} out of nested building steps; never leaves the guard. */
export class Refused extends Error {
  readonly rejection: Rejection;
  constructor(code: ErrorCode, field: string, message: string) {
    super(code);
    this.rejection = { code, field, message };
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  required: 'missing_field',
  additionalProperties: 'undeclared_field',
  type: 'wrong_type',
  enum: 'bad_value',
  const: 'bad_value',
  maxLength: 'too_long',
  pattern: 'bad_format',
  format: 'bad_format',
};

/** `/actor/id` → `actor.id`; keys that might be data are not repeated. */
export function dotted(pointer: string): string {
  return pointer.split('/').slice(1).map(safeKey).join('.');
}

/** A key may be personal data too: only plain identifiers are repeated. */
export const safeKey = (key: string): string =>
  isPlainIdentifier(key) && key.length <= 64 ? key : '(undeclared)';

function named(error: ErrorObject): string {
  const { missingProperty, additionalProperty } = error.params as Record<string, string | undefined>;
  const key = missingProperty ?? additionalProperty;
  return key === undefined ? error.instancePath : `${error.instancePath}/${key}`;
}

function explain(error: ErrorObject, field: string): string {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `${field} is required.`;
    case 'additionalProperties':
      return `${field} is not declared; remove it, or declare it in a pack.`;
    case 'type':
      return `${field} must be of type ${String(params.type)}.`;
    case 'enum':
      return `${field} must be one of ${(params.allowedValues as unknown[]).join(', ')}.`;
    case 'maxLength':
      return `${field} may have at most ${String(params.limit)} characters.`;
    default:
      return `${field} ${error.message ?? 'is not valid'}.`;
  }
}

/** The first validation error as a rejection. `prefix` is where the validated value stands in the item. */
export function fromAjv(errors: readonly ErrorObject[] | null | undefined, prefix = ''): Rejection {
  const error = errors?.[0];
  if (error === undefined) return { code: 'bad_value', field: prefix, message: 'The item is not valid.' };
  const field = dotted(prefix + named(error)) || '(item)';
  if (field === 'metadata.safe_fields_only')
    return { code: 'unsafe_metadata', field, message: 'metadata.safe_fields_only must be true.' };
  return { code: CODES[error.keyword] ?? 'bad_value', field, message: explain(error, field) };
}
