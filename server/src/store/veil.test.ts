import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { truncateIp } from '../guard/reduce.js';
import { withoutAddresses } from './veil.js';

const text = fc.string({ unit: fc.constantFrom(...'ab 7\n\t"\\/:.-ü\u0001'), maxLength: 8 });

it('nothing that the guard makes of an address is left, and JSON stays JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), text, (address, before) => {
      // What stands before must be no address itself.
      fc.pre(!/:|\d\.\d/.test(before) && isIP(address) !== 0);
      const network = truncateIp(address) ?? '';
      const json = JSON.stringify({ [network]: [network, `${before} ${network} b`], n: 1 });
      const clean = JSON.parse(withoutAddresses(json)) as object;
      expect(clean).toEqual({ '[address]': ['[address]', `${before} [address] b`], n: 1 });
    }),
  );
});

it.each([
  ['10.0.0.1', '[address]'],
  ['peer 10.0.0.1:443 refused', 'peer [address]:443 refused'],
  ['"a\\n10.0.0.1"', '"a\\n[address]"'],
  ['[2001:db8::1]', '[[address]]'],
  ['2001:0db8:0000:0000:0000:8a2e:0370:7334', '[address]'],
])('takes the address out of %s', (before, after) => {
  expect(withoutAddresses(before)).toBe(after);
});

it.each([
  '2026-11-21T11:42:41.123Z',
  '0190a2b3-0000-7000-8000-000000000000',
  'std::vector<Fade::bad>',
  '1.2.3',
  '300.1.1.1',
  '12:34:56',
])('leaves %s', (value) => {
  expect(withoutAddresses(value)).toBe(value);
});
