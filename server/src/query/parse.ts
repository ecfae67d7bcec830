import { type Comparison, type Node, syntaxError, tooComplex } from './ast.js';
import { lex, type Token } from './lex.js';

const MAX_LENGTH = 4_096;
const MAX_DEPTH = 32;
const MAX_NODES = 256;

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #nodes = 0;

  constructor(query: string) {
    this.#tokens = lex(query);
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  query(): Node {
    if (this.#atEnd()) return { kind: 'all' };
    const node = this.#or(0);
    if (!this.#atEnd()) throw syntaxError('There is something that fits nowhere', this.#token.at);
    return node;
  }

  #atEnd(): boolean {
    return this.#token.kind === 'end';
  }

  #count(node: Node): Node {
    if (++this.#nodes > MAX_NODES) throw tooComplex(`A query may have at most ${MAX_NODES} parts.`);
    return node;
  }

  #or(depth: number): Node {
    if (depth > MAX_DEPTH) throw tooComplex(`Parentheses may be nested at most ${MAX_DEPTH} deep.`);
    const nodes = [this.#and(depth)];
    while (this.#token.kind === 'or') {
      this.#at++;
      nodes.push(this.#and(depth));
    }
    return nodes.length === 1 ? (nodes[0] as Node) : this.#count({ kind: 'or', nodes });
  }

  #and(depth: number): Node {
    const nodes = [this.#unary(depth)];
    for (;;) {
      const { kind } = this.#token;
      if (kind === 'end' || kind === ')' || kind === 'or' || kind === ']') break;
      if (kind === 'and') this.#at++;
      nodes.push(this.#unary(depth));
    }
    return nodes.length === 1 ? (nodes[0] as Node) : this.#count({ kind: 'and', nodes });
  }

  #unary(depth: number): Node {
    if (depth > MAX_DEPTH * 4) throw tooComplex('There are too many negations in a row.');
    if (this.#token.kind === 'plus') this.#at++;
    if (this.#token.kind !== 'not') return this.#primary(depth);
    this.#at++;
    return this.#count({ kind: 'not', node: this.#unary(depth + 1) });
  }

  #primary(depth: number): Node {
    const token = this.#token;
    this.#at++;
    switch (token.kind) {
      case '(': {
        const node = this.#or(depth + 1);
        this.#expect(')', 'A parenthesis is not closed', token.at);
        return node;
      }
      case 'phrase':
        return this.#count({ kind: 'text', value: token.text, phrase: true });
      case 'word':
        if (this.#token.kind === ':') return this.#field(token.text, depth);
        return this.#count(
          token.text === '*' ? { kind: 'all' } : { kind: 'text', value: token.text, phrase: false },
        );
      default:
        throw syntaxError(
          token.kind === 'end' ? 'The query ends too early' : 'A word was expected',
          token.at,
        );
    }
  }

  #expect(kind: Token['kind'], message: string, at: number): void {
    if (this.#token.kind !== kind) throw syntaxError(message, at);
    this.#at++;
  }

  #field(field: string, depth: number): Node {
    this.#at++;
    const token = this.#token;
    if (token.kind === '(') {
      this.#at++;
      const node = scoped(this.#or(depth + 1), field, token.at);
      this.#expect(')', 'A parenthesis is not closed', token.at);
      return node;
    }
    if (token.kind === '[') return this.#range(field, token.at);
    if (token.kind !== 'word' && token.kind !== 'phrase')
      throw syntaxError('A value was expected after the colon', token.at);
    this.#at++;
    return this.#count(valueNode(field, token.text, token.kind === 'phrase'));
  }

  #range(field: string, at: number): Node {
    this.#at++;
    const from = this.#bound(at);
    const to = this.#token;
    if (to.kind !== 'word' || to.text !== 'TO')
      throw syntaxError('A range reads [from TO to]; TO is missing', to.at);
    this.#at++;
    const end = this.#bound(at);
    this.#expect(']', 'A range is not closed', at);
    return this.#count({ kind: 'range', field, from, to: end });
  }

  /** A time in a range holds colons: the words between are joined again. */
  #bound(at: number): string {
    let text = '';
    for (;;) {
      const token = this.#token;
      if (token.kind === ':') text += ':';
      else if ((token.kind === 'word' || token.kind === 'phrase') && (text === '' || text.endsWith(':')))
        text += token.text;
      else if (token.kind === 'not' && text === '') text += '-';
      else break;
      this.#at++;
    }
    if (text === '') throw syntaxError('A bound of the range is missing', at);
    return text;
  }
}

function valueNode(field: string, text: string, phrase: boolean): Node {
  if (phrase) return { kind: 'equals', field, value: text, phrase };
  if (text === '*') return { kind: 'exists', field };
  const m = /^(>=|<=|>|<)(.+)$/.exec(text);
  if (m !== null) return { kind: 'compare', field, op: m[1] as Comparison, value: m[2] ?? '' };
  return { kind: 'equals', field, value: text, phrase };
}

/** `field:(a OR b)`: the field holds for every word inside. */
function scoped(node: Node, field: string, at: number): Node {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { kind: node.kind, nodes: node.nodes.map((n) => scoped(n, field, at)) };
    case 'not':
      return { kind: 'not', node: scoped(node.node, field, at) };
    case 'text':
      return valueNode(field, node.value, node.phrase);
    case 'all':
      return { kind: 'exists', field };
    default:
      throw syntaxError('A field cannot stand inside the parentheses of another', at);
  }
}

/**
 * Reads a query in the Lucene-like form people know.
 * @throws Failure `query_syntax` with the place, `query_too_complex`.
 */
export function parseQuery(query: string): Node {
  if (query.length > MAX_LENGTH) throw tooComplex(`A query may have at most ${MAX_LENGTH} characters.`);
  return new Parser(query).query();
}
