import { Failure } from '../base/errors.js';

export type Comparison = '>' | '>=' | '<' | '<=';

/** A query as a tree. `field` is as typed; what it means is decided when it is compiled. */
export type Node =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly Node[] }
  | { readonly kind: 'not'; readonly node: Node }
  | { readonly kind: 'text'; readonly value: string; readonly phrase: boolean }
  | { readonly kind: 'equals'; readonly field: string; readonly value: string; readonly phrase: boolean }
  | { readonly kind: 'compare'; readonly field: string; readonly op: Comparison; readonly value: string }
  | { readonly kind: 'range'; readonly field: string; readonly from: string; readonly to: string }
  | { readonly kind: 'exists'; readonly field: string };

/** A query that cannot be read, with the place. The message repeats nothing of it. */
export const syntaxError = (message: string, position: number): Failure =>
  new Failure('query_syntax', `${message} at character ${position + 1} of the query.`, { field: 'query' });

export const tooComplex = (message: string): Failure =>
  new Failure('query_too_complex', message, { field: 'query' });

/** The tree with the values of some fields replaced by alternatives (a real id by its pseudonym). */
export function mapFieldValues(
  node: Node,
  isWanted: (field: string) => boolean,
  alternatives: (value: string) => readonly string[],
): Node {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { kind: node.kind, nodes: node.nodes.map((n) => mapFieldValues(n, isWanted, alternatives)) };
    case 'not':
      return { kind: 'not', node: mapFieldValues(node.node, isWanted, alternatives) };
    case 'equals': {
      if (!isWanted(node.field)) return node;
      const values = [node.value, ...alternatives(node.value)];
      return values.length === 1 ? node : { kind: 'or', nodes: values.map((value) => ({ ...node, value })) };
    }
    default:
      return node;
  }
}
