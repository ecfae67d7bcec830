import { existsSync, readFileSync } from 'node:fs';
import { detect } from '../../guard/detect/index.js';
import type { Table } from '../table.js';
import { measureDisguise, measureNegative, measureType, type Rate, TYPES, wilson } from './measure.js';
import { NEGATIVES } from './negatives.js';
import { Random } from './random.js';
import { DEVELOPMENT, DISGUISES, HELD_OUT } from './templates.js';

const SEED = 20_261_121;
const EACH = { type: 50, disguise: 4, negative: 100 };

const shown = (rate: Rate): string => {
  const [low, high] = wilson(rate);
  return `${(rate.hits / rate.of).toFixed(4)} (${low.toFixed(4)}–${high.toFixed(4)})`;
};

/** Recall and precision per type, disguises and false alarms, on our own corpus; the same for the same seed. */
export function measureDetection(): Table[] {
  const seed = (name: string): Random =>
    new Random([...name].reduce((a, c) => Math.imul(a, 31) + c.charCodeAt(0), SEED));
  const types = TYPES.map((type) => {
    const cells = [DEVELOPMENT, HELD_OUT].flatMap((templates) => {
      const { recall, precision } = measureType(type, templates, EACH.type, seed(type.name));
      return [shown(recall), shown(precision)];
    });
    return [type.name, String(HELD_OUT.length * EACH.type), ...cells];
  });
  const disguises = Object.keys(DISGUISES).map((name) => [
    name,
    shown(measureDisguise(name, HELD_OUT, EACH.disguise, seed(name))),
  ]);
  const negatives = Object.keys(NEGATIVES).map((name) => [
    name,
    shown(measureNegative(name, [...DEVELOPMENT, ...HELD_OUT], EACH.negative, seed(name))),
  ]);
  const how = `seed ${SEED}`;
  return [
    {
      name: 'types',
      how,
      head: ['type', 'values, held out', 'recall', 'precision', 'recall, held out', 'precision, held out'],
      rows: types,
    },
    { name: 'disguises', how, head: ['disguise', 'kept back, held out'], rows: disguises },
    { name: 'negatives', how, head: ['what is none', 'false alarms'], rows: negatives },
  ];
}

/** One labelled text, in the form of presidio-research. */
interface Labelled {
  readonly full_text: string;
  readonly spans: readonly { entity_type: string; start_position: number; end_position: number }[];
}

/** Our rules for their labels; the other labels are not looked for in free text. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  CREDIT_CARD: ['card'],
  EMAIL_ADDRESS: ['email'],
  IBAN_CODE: ['iban'],
  IP_ADDRESS: ['ip'],
  PHONE_NUMBER: ['phone'],
  US_DRIVER_LICENSE: ['document_number'],
  US_SSN: ['us_ssn'],
  PERSON: ['person_name'],
  ADDRESS: ['address'],
};

/** Recall and precision per label of a file of labelled texts; null when it is not there. */
export function measureLabelled(path: string): Table | null {
  if (!existsSync(path)) return null;
  const texts = JSON.parse(readFileSync(path, 'utf8')) as readonly Labelled[];
  const rows = Object.entries(LABELS).map(([label, rules]) => {
    const recall: Rate = { hits: 0, of: 0 };
    const precision: Rate = { hits: 0, of: 0 };
    for (const { full_text, spans } of texts) {
      const found = detect(full_text);
      for (const span of spans.filter((s) => s.entity_type === label)) {
        recall.of += 1;
        if (found.some((f) => f.start <= span.start_position && f.end >= span.end_position)) recall.hits += 1;
      }
      for (const f of found.filter((one) => rules.includes(one.rule))) {
        precision.of += 1;
        // A right place under another label is no false alarm.
        if (spans.some((s) => f.start < s.end_position && f.end > s.start_position)) precision.hits += 1;
      }
    }
    return [label, String(recall.of), shown(recall), precision.of === 0 ? '–' : shown(precision)];
  });
  return {
    name: 'labelled',
    how: `${texts.length} texts`,
    head: ['label', 'values', 'recall', 'precision'],
    rows,
  };
}
