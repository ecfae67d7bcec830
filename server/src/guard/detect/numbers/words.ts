import { KIND, kindAt, LETTER, WORD } from '../characters.js';

/** What a word before a number says it is. */
export const SAYS = {
  phone: 1,
  /** A phone, if it is written as one. */
  call: 2,
  ssn: 4,
  nino: 8,
  bsn: 16,
  aadhaar: 32,
  cpr: 64,
  rut: 128,
  kimlik: 256,
  sin: 512,
  nhs: 1024,
  identity: 2048,
  /** Something that is no person's. */
  other: 4096,
} as const;

const WORDS: Readonly<Record<keyof typeof SAYS, string>> = {
  phone:
    'phone phones telephone tel tele mobile mobil cell cellphone fax msisdn whatsapp sms handy telefon telefono téléfono ph caller callback',
  call: 'call called calling dial dialed dialled dialing reach ring contact answering text hotline',
  ssn: 'ssn security soc itin tax tin taxid',
  nino: 'nino ni insurance',
  bsn: 'bsn burgerservicenummer sofi sofinummer',
  aadhaar: 'aadhaar aadhar uidai uid',
  cpr: 'cpr personnummer',
  rut: 'rut run',
  kimlik: 'kimlik tckn tc',
  sin: 'sin insurance',
  nhs: 'nhs',
  identity: 'identity ident',
  other:
    'order invoice transaction txn seq sequence offset bytes size length count port pid duration elapsed took amount total ' +
    'ticket shipment tracking build epoch timestamp time ts ns ms version block blk job task container attempt',
};
const MEANINGS = new Map<string, number>();
for (const [meaning, words] of Object.entries(WORDS))
  for (const word of words.split(' '))
    MEANINGS.set(word, (MEANINGS.get(word) ?? 0) | SAYS[meaning as keyof typeof SAYS]);

/** Words that may stand between: `phone number is`, `reach me at`. */
const LINKS = new Set(
  'number no nr num is was of for the my a id at me us on to you it him her them line address card back'.split(
    ' ',
  ),
);
const REACH = 48;
const MOST_WORDS = 6;
const LONGEST = 20;
const APART = new Uint8Array(128);
for (const c of ' \t_.:=#>(-["\'\\)&?') APART[c.charCodeAt(0)] = 1;

/** What the word that announces the number at a place says of it: bits of {@link SAYS}. */
export function saidBefore(text: string, at: number): number {
  let i = at - 1;
  for (let n = 0; n < MOST_WORDS; n++) {
    while (i >= 0 && at - i < REACH && apart(text, i)) i--;
    const end = i + 1;
    while (i >= 0 && end - i <= LONGEST && isLetter(text, i) && !humpAt(text, i, end)) i--;
    // The capital of `phoneNumber` belongs to its second word.
    if (i >= 0 && humpAt(text, i, end)) i--;
    if (i + 1 === end || end - i > LONGEST || at - i > REACH) return 0;
    const word = text.slice(i + 1, end).toLowerCase();
    const said = MEANINGS.get(word);
    if (said !== undefined) return said;
    if (!LINKS.has(word)) return 0;
  }
  return 0;
}

const isLetter = (text: string, at: number): boolean =>
  (kindAt(text, at) & LETTER) !== 0 || text.charCodeAt(at) > 0xbf;
const humpAt = (text: string, at: number, end: number): boolean =>
  at + 1 < end &&
  (kindAt(text, at) & KIND.upper) !== 0 &&
  (kindAt(text, at + 1) & KIND.lower) !== 0 &&
  (kindAt(text, at - 1) & WORD & ~KIND.upper) !== 0;

function apart(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c < 128 && APART[c] === 1;
}

/** `-Office`, ` fax`: what stands behind the phones of a letterhead. */
export const PLACE_BEHIND = /[\\, -]{1,3}(?:office|fax|mobile|home|cell|work|phone)(?!\w)/iy;
