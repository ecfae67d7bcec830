import { expect, it } from 'vitest';
import { Remarks } from './remarks.js';
import { scrubEntries, scrubValue } from './values.js';

const CARD = 4111111111111111;

function entries(given: Record<string, unknown>): [Record<string, unknown>, string] {
  const remarks = new Remarks();
  return [{ ...scrubEntries(Object.entries(given), 'attributes', remarks) }, remarks.json];
}

it('looks into numbers as into texts', () => {
  const scrubbed = (value: unknown): unknown => scrubValue(value, 'n', new Remarks());
  expect(scrubbed(CARD)).toBe('[card]');
  expect(scrubbed(-CARD)).toBe('[card]');
  expect(scrubbed(BigInt(CARD))).toBe('[card]');
  expect(scrubbed(4.111111111111111e15)).toBe('[card]');
  expect(scrubbed(52998224725)).toBe('[br_cpf]');
  expect(scrubbed(1_790_000_000_000)).toBe(1_790_000_000_000);
  expect(scrubbed(2 ** 60)).toBe(String(2 ** 60));
  expect([scrubbed(0.25), scrubbed(Number.NaN), scrubbed(true), scrubbed(null)]).toEqual([
    0.25,
    'NaN',
    true,
    null,
  ]);
});

it('looks into bytes that are text, and keeps no others', () => {
  const scrubbed = (bytes: Buffer): unknown => scrubValue(bytes, 'b', new Remarks());
  expect(scrubbed(Buffer.from('ada@example.com'))).toBe('[email]');
  expect(scrubbed(Buffer.from([0xff, 0xfe, 0x00]))).toBe('[3 bytes]');
});

it('denies what a key says is secret, whatever its type, and leaves counts of tokens', () => {
  const [kept] = entries({
    'db.password': 7,
    api_key: ['x'],
    'http.request.body': { a: 1 },
    'user.name': 'ada',
    file_name: 'diagnosis.pdf',
    'code.file.name': 'main.go',
    token: 'short',
    'gen_ai.usage.input_tokens': 512,
  });
  expect(kept).toEqual({
    'db.password': '[denied]',
    api_key: '[denied]',
    'http.request.body': '[denied]',
    'user.name': '[denied]',
    file_name: '[denied]',
    'code.file.name': 'main.go',
    token: '[denied]',
    'gen_ai.usage.input_tokens': 512,
  });
});

it('takes out what a key declares to be of a person', () => {
  const [kept, remarks] = entries({
    firstName: 'Ada',
    'customer.full_name': 'Ada Lovelace',
    phones: ['4155552671', 4155552672],
    date_of_birth: '1815-12-10',
    shipping_address: '12 Main Street, Springfield',
    city: 'London',
    name: 'worker-7',
    'server.address': 'db-7.internal',
    'host.name': 'Big Iron',
  });
  expect(kept).toEqual({
    firstName: '[person_name]',
    'customer.full_name': '[person_name]',
    phones: ['[phone]', '[phone]'],
    date_of_birth: '[birth_date]',
    shipping_address: '[address]',
    city: '[address]',
    name: 'worker-7',
    'server.address': 'db-7.internal',
    'host.name': 'Big Iron',
  });
  expect(remarks).toContain('"path":"attributes.firstName","rule":"person_name"');
  expect(remarks).not.toMatch(/Ada|4155|1815|Main|London/);
});

it('scrubs keys, and never puts a key with a finding into a path', () => {
  const [kept, remarks] = entries({ 'ada@example.com': 'x', ok: { 'ada@example.com': 'bob@example.com' } });
  expect(kept).toEqual({ '[email]': 'x', ok: { '[email]': '[email]' } });
  expect(remarks).not.toContain('example');
  expect(remarks).toContain('"path":"attributes (key)"');
});
