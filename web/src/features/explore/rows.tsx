import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { StoredRecord } from '../../api/client';
import { useTime } from '../../app/preferences';
import { cell } from '../../ui/visible';
import styles from './explore.module.css';

interface Props {
  records: readonly StoredRecord[];
  selected: number;
  openId: string | undefined;
  onOpen: (id: string) => void;
  /** The last rows came into view. */
  onEnd: () => void;
  onScroll: () => void;
}

const TONE: Readonly<Record<string, string | undefined>> = {
  ERROR: styles.error,
  CRITICAL: styles.fatal,
  WARN: styles.warn,
  failure: styles.error,
  denied: styles.denied,
};

const text = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** What stands in the columns, for events and logs alike. */
export function summary(record: StoredRecord): { kind: string; who: string; what: string } {
  if (record.withheld !== undefined) return { kind: '', who: '', what: 'withheld · privacy incident' };
  if (record.event_type === 'log') {
    const { level, serviceName, message } = record.data ?? {};
    return { kind: text(level), who: text(serviceName), what: text(message) };
  }
  const entity = record.entity === undefined ? '' : ` ${record.entity.type} ${record.entity.id}`;
  const reason = record.reason === undefined ? '' : ` (${record.reason})`;
  return {
    kind: record.result ?? '',
    who: record.actor?.role ?? record.actor?.type ?? '',
    what: `${record.erased_by === undefined ? '' : 'erased · '}${record.corrected_by === undefined ? '' : 'corrected · '}${record.corrects === undefined ? '' : 'correction · '}${record.action ?? ''}${entity}${reason}`,
  };
}

/** Only the rows in view are in the document, however many there are. */
export function Rows({ records, selected, openId, onOpen, onEnd, onScroll }: Props) {
  const scroller = useRef<HTMLElement>(null);
  const time = useTime();
  const rows = useVirtualizer({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 30,
    overscan: 12,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= records.length - 10) onEnd();
  }, [last, records.length, onEnd]);
  useEffect(() => {
    if (selected >= 0) rows.scrollToIndex(selected);
  }, [selected, rows]);
  return (
    <section
      ref={scroller}
      className={styles.scroller}
      aria-label="Records, newest first"
      onScroll={(e) => e.currentTarget.scrollTop > 40 && onScroll()}
    >
      <div className={styles.sizer} ref={(el) => el?.style.setProperty('height', `${rows.getTotalSize()}px`)}>
        {rows.getVirtualItems().map((item) => {
          const record = records[item.index] as StoredRecord;
          const { kind, who, what } = summary(record);
          return (
            <button
              key={record.event_id}
              type="button"
              className={styles.line}
              ref={(el) => el?.style.setProperty('transform', `translateY(${item.start}px)`)}
              data-selected={item.index === selected}
              data-open={record.event_id === openId}
              onClick={() => {
                // Selecting text in a row is not a click on it.
                if (getSelection()?.isCollapsed !== false) onOpen(record.event_id);
              }}
            >
              <span>{time(record.occurred_at)}</span>
              <span className={`${styles.stream} ${styles.wide}`}>{record.stream}</span>
              <span className={TONE[kind]}>{kind}</span>
              <span className={styles.wide}>{cell(who)}</span>
              <span>{cell(what)}</span>
            </button>
          );
        })}
      </div>
    </section>
  );
}
