import { isWordAt } from '../characters.js';
import { endOf, type Finding } from '../finding.js';
import { isMonthDay, luhn, verhoeff, weighted } from './checks.js';
import type { Cluster } from './cluster.js';
import {
  always,
  dated,
  isAhv,
  isChinese,
  isCodiceFiscale,
  isCpf,
  isCurp,
  isDni,
  isFodselsnummer,
  isHetu,
  isNir,
  isNric,
  isPesel,
  isRijksregister,
  isRut,
  isSsn,
  isSteuerId,
  isTurkish,
  two,
} from './national-checks.js';
import { SAYS, saidBefore } from './words.js';

/** A number that a country gives to a person. */
export interface NationalId {
  readonly rule: string;
  /** The whole of it, as it is written; sticky. */
  readonly pattern: RegExp;
  /** @param compact upper case, without separators */
  readonly valid: (compact: string) => boolean;
  /** Lengths of its groups of digits as hex digits ({@link Cluster.form}), or of its word when it has letters in front. */
  readonly forms?: readonly number[];
  readonly word?: number;
  /** Without such a word before it, it is not believed: bits of {@link SAYS}. */
  readonly words?: number;
  /** The form that is believed without the words. */
  readonly distinct?: RegExp;
}

export const NATIONAL_IDS: readonly NationalId[] = [
  {
    rule: 'us_ssn',
    pattern: /\d{3}([- .]?)\d{2}\1\d{4}/y,
    forms: [0x324, 9],
    valid: isSsn,
    words: SAYS.ssn,
    distinct: /^\d{3}-\d{2}-\d{4}$/,
  },
  {
    rule: 'uk_nino',
    pattern:
      /(?:QQ|(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d{2} ?\d{2} ?\d{2} ?[A-D]/iy,
    word: 9,
    valid: always,
    words: SAYS.nino,
    distinct: /^[A-Z]{2}(?:\d{6}| \d\d \d\d \d\d )[A-D]$/,
  },
  { rule: 'de_tax_id', pattern: /[1-9]\d(?: ?)\d{3} ?\d{3} ?\d{3}/y, forms: [11, 0x2333], valid: isSteuerId },
  {
    rule: 'fr_nir',
    pattern: /[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}/y,
    forms: [15, 0x1222332, 0x122],
    word: 15,
    valid: isNir,
  },
  {
    rule: 'es_dni',
    pattern: /(?:\d{8}|\d{2}\.\d{3}\.\d{3})-?[A-HJ-NP-TV-Z]/y,
    forms: [8, 0x233],
    word: 9,
    valid: isDni,
  },
  { rule: 'es_dni', pattern: /[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]/y, word: 9, valid: isDni },
  {
    rule: 'it_codice_fiscale',
    pattern: /[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z]/iy,
    word: 16,
    valid: isCodiceFiscale,
  },
  {
    rule: 'nl_bsn',
    pattern: /\d{4}\.\d{2}\.\d{3}|\d{9}/y,
    forms: [9, 0x423],
    valid: (id) => weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    words: SAYS.bsn,
  },
  { rule: 'pl_pesel', pattern: /\d{11}/y, forms: [11], valid: isPesel },
  { rule: 'br_cpf', pattern: /\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}/y, forms: [11, 0x3332], valid: isCpf },
  {
    rule: 'in_aadhaar',
    pattern: /[2-9]\d{3}([- ]?)\d{4}\1\d{4}/y,
    forms: [12, 0x444],
    valid: verhoeff,
    words: SAYS.aadhaar,
    distinct: /^\d{4}[- ]\d{4}[- ]\d{4}$/,
  },
  {
    rule: 'se_personnummer',
    pattern: /(?:19|20)?\d{6}[-+]\d{4}/y,
    forms: [0x64, 0x84],
    valid: (id) => luhn(id.slice(-10)) && isMonthDay(two(id.slice(-10), 2), two(id.slice(-10), 4) % 60),
  },
  {
    rule: 'dk_cpr',
    pattern: /\d{6}-?\d{4}/y,
    forms: [10, 0x64],
    valid: (id) => isMonthDay(two(id, 2), two(id, 0)),
    words: SAYS.cpr,
  },
  { rule: 'no_fodselsnummer', pattern: /\d{6} ?\d{5}/y, forms: [11, 0x65], valid: isFodselsnummer },
  {
    rule: 'fi_hetu',
    pattern: /\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]/y,
    forms: [0x63, 0x64],
    word: 11,
    valid: isHetu,
  },
  { rule: 'ch_ahv', pattern: /756\.?\d{4}\.?\d{4}\.?\d{2}/y, forms: [13, 0x3442], valid: isAhv },
  {
    rule: 'be_rijksregister',
    pattern: /\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}|\d{11}/y,
    forms: [11, 0x22232],
    valid: (id) => isRijksregister(id) && dated(id),
  },
  {
    rule: 'cn_resident_id',
    pattern: /[1-9]\d{5}(?:19|20)\d{9}[\dX]/iy,
    forms: [15],
    word: 18,
    valid: isChinese,
  },
  {
    rule: 'kr_rrn',
    pattern: /\d{6}-[1-8]\d{6}/y,
    forms: [0x67],
    valid: dated,
  },
  { rule: 'sg_nric', pattern: /[STFG]\d{7}[A-Z]/y, word: 9, valid: isNric },
  { rule: 'mx_curp', pattern: /[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d/y, word: 18, valid: isCurp },
  {
    rule: 'cl_rut',
    pattern: /\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]/y,
    forms: [0x2331, 0x1331, 0x81, 0x71, 0x233, 0x133, 8, 7],
    valid: isRut,
    words: SAYS.rut,
    distinct: /^\d{1,2}\.\d{3}\.\d{3}-[\dkK]$/,
  },
  { rule: 'tr_kimlik', pattern: /[1-9]\d{10}/y, forms: [11], valid: isTurkish, words: SAYS.kimlik },
  {
    rule: 'ca_sin',
    pattern: /\d{3}([- ]?)\d{3}\1\d{3}/y,
    forms: [9, 0x333],
    valid: luhn,
    words: SAYS.sin,
  },
  {
    rule: 'uk_nhs',
    pattern: /\d{3}([- ]?)\d{3}\1\d{4}/y,
    forms: [10, 0x334],
    valid: (id) => weighted(id, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
    words: SAYS.nhs,
  },
  {
    rule: 'za_id',
    pattern: /\d{13}/y,
    forms: [13],
    valid: (id) => luhn(id) && dated(id),
    words: SAYS.identity,
  },
];

const BY_FORM = new Map<number, NationalId[]>();
const BY_WORD = new Map<number, NationalId[]>();
for (const id of NATIONAL_IDS) {
  for (const form of id.forms ?? []) BY_FORM.set(form, [...(BY_FORM.get(form) ?? []), id]);
  if (id.word !== undefined) BY_WORD.set(id.word, [...(BY_WORD.get(id.word) ?? []), id]);
}
const MOST_GROUPS = 7;
/** The first two groups of all forms, and the forms of one: rows of numbers are passed over by them. */
const SINGLES = new Set([...BY_FORM.keys()].filter((form) => form < 16));
const PAIRS = new Set(
  [...BY_FORM.keys()]
    .filter((form) => form >= 16)
    .map((form) => Number.parseInt(form.toString(16).slice(0, 2), 16)),
);

/** The national id that begins with a group of digits. */
export function nationalIdIn(c: Cluster, group: number): Finding | null {
  const paired = group + 1 < c.count && PAIRS.has(c.form(group, 2));
  if (!paired && !SINGLES.has(c.form(group, 1))) return null;
  const most = paired ? Math.min(c.count - group, MOST_GROUPS) : 1;
  for (let count = most; count > 0; count--) {
    const candidates = BY_FORM.get(c.form(group, count));
    const found = candidates === undefined ? null : firstOf(candidates, c.text, c.begin(group));
    if (found !== null) return found;
  }
  return null;
}

/** The national id that a word begins, of this length or in groups behind it. */
export const nationalIdAt = (text: string, at: number, length: number): Finding | null =>
  firstOf(BY_WORD.get(length) ?? [], text, at);

const UUID_BEFORE = /[0-9a-f]{4}-$/;

function firstOf(candidates: readonly NationalId[], text: string, at: number): Finding | null {
  for (const { rule, pattern, valid, words, distinct } of candidates) {
    const end = endOf(pattern, text, at);
    if (end < 0 || isWordAt(text, end) || /^[-./]\d/.test(text.slice(end, end + 2))) continue;
    const id = text.slice(at, end);
    if (id.includes('-') && UUID_BEFORE.test(text.slice(Math.max(0, at - 5), at))) continue;
    if (!valid(id.replace(/[ .+-]/g, '').toUpperCase())) continue;
    // One in a hundred bare numbers of eleven digits passes some check: a word may say that it is another thing.
    if (
      words === undefined
        ? /^\d+$/.test(id) && (saidBefore(text, at) & SAYS.other) !== 0
        : !distinct?.test(id) && (saidBefore(text, at) & words) === 0
    )
      continue;
    return { rule, start: at, end };
  }
  return null;
}
