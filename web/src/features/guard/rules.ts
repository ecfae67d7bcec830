/** Remarks of the guard in words; detectors are named by what they find. */
const RULES: Readonly<Record<string, string>> = {
  bucket: 'only the range is kept',
  bytes: 'bytes that are no text',
  denied_key: 'the name says that the value is secret or personal',
  drop: 'the pack says that it is not kept',
  forged_seal: 'looked like a sealed value and is none',
  hash: 'a keyed digest: the same value can be found again, not read back',
  mask: 'only the last characters are shown',
  no_consent: 'the person has not agreed to it',
  normalise: 'reduced to product and major version',
  not_an_id: 'an id that may be more than an id',
  path_only: 'the query string is not kept',
  pseudonym: 'a pseudonym stands for the person',
  sealed: 'sealed for the person; erasure makes it unreadable',
  too_deep: 'nested too deep to be looked through',
  truncate_ip: 'only the network of the address is kept',
  wrong_type: 'not of the declared type',
};

export const explain = (rule: string): string =>
  RULES[rule] ?? `${rule.replaceAll('_', ' ')} found and taken out`;
