import { isCardNumber } from '../../guard/detect/numbers/card.js';
import { isIban } from '../../guard/detect/numbers/iban.js';
import { NATIONAL_IDS } from '../../guard/detect/numbers/national.js';
import type { Random } from './random.js';

/** Makes one value of a type. */
export type Make = (r: Random) => string;

/** Tries until a check says yes: the check digits of a dozen countries need no second writing. */
function until(make: () => string, good: (text: string) => boolean): string {
  for (let tries = 0; tries < 100_000; tries++) {
    const text = make();
    if (good(text)) return text;
  }
  throw new Error('no value passes the check');
}

const compact = (text: string): string => text.replace(/[ .+-]/g, '').toUpperCase();

const CARDS = [
  '4###############',
  '4###############',
  '51##############',
  '2221############',
  '34#############',
  '37#############',
  '6011############',
  '36############',
  '3528############',
  '62##############',
];
export const card: Make = (r) => {
  const digits = until(() => r.fill(r.of(CARDS)), isCardNumber);
  const separator = r.of(['', '', ' ', '-']);
  if (separator === '') return digits;
  const groups = digits.length === 16 ? [4, 8, 12] : [4, 10];
  return [0, ...groups].map((from, i) => digits.slice(from, groups[i])).join(separator);
};

const IBANS = [
  'DE## #### #### #### #### ##',
  'GB## WEST #### #### #### ##',
  'FR## #### #### #### #### #### ###',
  'ES## #### #### #### #### ####',
  'NL## ABNA #### #### ##',
  'CH## #### #### #### #### #',
  'PL## #### #### #### #### #### ####',
];
export const iban: Make = (r) => {
  const form = r.of(IBANS);
  const spaced = until(
    () => r.fill(form),
    (text) => isIban(compact(text)),
  );
  return r.of([spaced, compact(spaced), compact(spaced), compact(spaced).toLowerCase()]);
};

const FORMS: Readonly<Record<string, readonly string[]>> = {
  us_ssn: ['###-##-####'],
  uk_nino: ['AB######C', 'JX ## ## ## A', 'PW######D'],
  de_tax_id: ['8##########', '4# ### ### ###'],
  fr_nir: ['1##05##########', '2 ## 11 ## ### ### ##'],
  es_dni: ['########Z', '########R', 'X#######L', 'Y#######B'],
  it_codice_fiscale: ['RSSMRA##A##H###S', 'BNCLRA##E##F###W'],
  pl_pesel: ['8#0########', '#1#########'],
  br_cpf: ['###.###.###-##', '###########'],
  in_aadhaar: ['4### #### ####', '7###-####-####'],
  se_personnummer: ['8#0#1#-####', '198#0#1#-####'],
  no_fodselsnummer: ['1#0########'],
  fi_hetu: ['1#0###-###K', '2#0###A###D'],
  ch_ahv: ['756.####.####.##', '756##########'],
  be_rijksregister: ['8#.0#.1#-###.##'],
  cn_resident_id: ['1101011980011####X', '31010519900215####', '1101011980011#####'],
  kr_rrn: ['8#0#1#-1######'],
  sg_nric: ['S#######D', 'T#######J'],
  mx_curp: ['GARC8#0#1#HDFRRL0#'],
  cl_rut: ['1#.###.###-#', '9.###.###-K'],
};

/** An id of this rule that passes its checks. */
export const nationalId =
  (rule: string): Make =>
  (r) => {
    const form = r.of(FORMS[rule] ?? []);
    const kinds = NATIONAL_IDS.filter((id) => id.rule === rule);
    return until(
      () => r.fill(form),
      (text) =>
        kinds.some(({ pattern, valid }) => {
          pattern.lastIndex = 0;
          return pattern.test(text) && pattern.lastIndex === text.length && valid(compact(text));
        }),
    );
  };
export const NATIONAL_RULES = Object.keys(FORMS);

const FIRST = [
  'ada',
  'grace',
  'linus',
  'maría',
  'jürgen',
  'wei',
  'fatima',
  'olu',
  'sven',
  'priya',
  'j',
  'anne-marie',
];
const LAST = [
  'lovelace',
  'hopper',
  'müller',
  "o'neill",
  'garcía',
  'zhang',
  'nkemelu',
  'svensson',
  'patel',
  'x99',
];
const plain = (text: string): string => text.normalize('NFD').replace(/[^a-z0-9'-]/g, '');
export const email: Make = (r) => {
  const [first, last] = [plain(r.of(FIRST)), plain(r.of(LAST)).replace("'", '')];
  const local = r.of([
    `${first}.${last}`,
    `${first}_${last}`,
    `${first}${r.int(1, 99)}`,
    `${first[0]}${last}+${r.word(4)}`,
    last,
  ]);
  return `${local}@${r.of(['example.com', 'mail.example.co.uk', 'corp.example.io', 'example.museum', 'sub.a-b.example.org'])}`;
};

const PHONES = [
  '+1 415-555-####',
  '+1 (212) 555-####',
  '(415) 555-####',
  '415-555-####',
  '415.555.####',
  '1-800-555-####',
  '+14155550###',
  '+44 20 7946 0###',
  '+442079460###',
  '020 7946 0###',
  '07700 900###',
  '+49 30 901820 4###',
  '+49 (0)30 9018204###',
  '0171 1234###',
  '+33 1 23 45 67 ##',
  '01 23 45 67 ##',
  '01.23.45.67.##',
  '+34 612 34 56 ##',
  '+31 6 123456##',
  '06-123456##',
  '+39 06 698 #####',
  '+46 8 123 456 ##',
  '+91 98765 43###',
  '+86 138 1234 5###',
  '+81 90-1234-5###',
  '090-1234-5###',
  '+55 11 98765-4###',
  '+61 2 5550 1###',
  '(02) 5550 1###',
  '+971 50 123 4###',
  '+27 82 123 4###',
  '0049 30 901820##',
  '415-555-#### x###',
  '+1 415-555-#### ext. ###',
];
export const phone: Make = (r) => r.fill(r.of(PHONES));

export const ipv4: Make = (r) =>
  [r.of([r.int(11, 126), r.int(128, 223)]), r.int(0, 255), r.int(0, 255), r.int(1, 254)].join('.');
export const ipv6: Make = (r) =>
  r.of([
    `2001:db8:${r.hex(4)}:${r.hex(4)}::${r.hex(3)}${r.int(1, 9)}`,
    Array.from({ length: 8 }, () => r.hex(4)).join(':'),
    `2a02:${r.hex(3)}:${r.hex(4)}:${r.hex(2)}::1`,
    `fe80::${r.hex(4)}:${r.hex(2)}ff:fe${r.hex(2)}:${r.int(1000, 9999)}`,
  ]);
