import { useQuery } from '@tanstack/react-query';
import { type Ref, useEffect, useId, useState } from 'react';
import { type FieldInfo, get } from '../../api/client';
import styles from './explore.module.css';

interface Props {
  inputRef: Ref<HTMLInputElement>;
  query: string;
  onQuery: (query: string) => void;
}

/** The word being typed completed to a field name. */
function completions(text: string, fields: readonly FieldInfo[]): string[] {
  const at = text.lastIndexOf(' ') + 1;
  const word = text.slice(at).replace(/^-/, '');
  if (word === '' || word.includes(':')) return [];
  const head = text.slice(0, text.length - word.length);
  return fields.filter((f) => f.name.startsWith(word)).map((f) => `${head}${f.name}:`);
}

export function QueryBar({ inputRef, query, onQuery }: Props) {
  const [text, setText] = useState(query);
  const list = useId();
  const fields = useQuery({
    queryKey: ['fields'],
    queryFn: () => get<{ fields: FieldInfo[] }>('/v1/fields'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => setText(query), [query]);
  return (
    <search className={styles.query}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          onQuery(text.trim());
        }}
      >
        <label>
          <span className="hidden">Query</span>
          <input
            ref={inputRef}
            type="search"
            value={text}
            list={list}
            placeholder={'entity.id:pol-7  level:ERROR  "timed out"  actor:ada@example.com'}
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => setText(e.target.value)}
          />
        </label>
        <datalist id={list}>
          {completions(text, fields.data?.fields ?? []).map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      </form>
    </search>
  );
}
