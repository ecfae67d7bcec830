import { syntaxError } from './ast.js';

export type Token =
  | { readonly kind: 'word' | 'phrase'; readonly text: string; readonly at: number }
  | {
      readonly kind: '(' | ')' | '[' | ']' | ':' | 'and' | 'or' | 'not' | 'plus' | 'end';
      readonly at: number;
    };

const OPERATORS: Readonly<Record<string, 'and' | 'or' | 'not'>> = {
  AND: 'and',
  OR: 'or',
  NOT: 'not',
  '&&': 'and',
  '||': 'or',
};
const SINGLE = new Set(['(', ')', '[', ']']);

/** Cuts a query into tokens. Colons end a word only where a field name stands before them. */
export function lex(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const afterColon = (): boolean => tokens.at(-1)?.kind === ':';
  while (at < query.length) {
    const c = query[at] as string;
    if (/\s/.test(c)) at++;
    else if (SINGLE.has(c)) tokens.push({ kind: c as '(', at: at++ });
    else if (c === '"') at = phrase(query, at, tokens);
    else if ((c === '-' || c === '!') && !afterColon() && /\S/.test(query[at + 1] ?? ' '))
      tokens.push({ kind: 'not', at: at++ });
    else if (c === '+' && !afterColon()) tokens.push({ kind: 'plus', at: at++ });
    else at = word(query, at, tokens, afterColon());
  }
  tokens.push({ kind: 'end', at: query.length });
  return tokens;
}

function phrase(query: string, start: number, tokens: Token[]): number {
  let text = '';
  for (let at = start + 1; at < query.length; at++) {
    if (query[at] === '"') {
      tokens.push({ kind: 'phrase', text, at: start });
      return at + 1;
    }
    if (query[at] === '\\' && at + 1 < query.length) at++;
    text += query[at];
  }
  throw syntaxError('A quote is not closed', start);
}

/** A word; escaped wildcards keep their backslash for the compiler. */
function word(query: string, start: number, tokens: Token[], isValue: boolean): number {
  let text = '';
  let at = start;
  for (; at < query.length; at++) {
    const c = query[at] as string;
    if (/[\s()[\]"]/.test(c)) break;
    if (c === ':' && !isValue && /^[\w.@-]+$/.test(text)) break;
    if (c === '\\' && at + 1 < query.length) {
      at++;
      text += '*?\\'.includes(query[at] as string) ? `\\${query[at]}` : query[at];
    } else text += c;
  }
  const operator = OPERATORS[text];
  if (operator !== undefined && !isValue && query[at] !== ':') tokens.push({ kind: operator, at: start });
  else if (text !== '') tokens.push({ kind: 'word', text, at: start });
  if (query[at] === ':' && text !== '') {
    tokens.push({ kind: ':', at });
    return at + 1;
  }
  // A character that begins nothing (a quote inside a word ends it; anything else was taken).
  return at === start ? at + 1 : at;
}
