import { fromUtf8, JsonError, parseStrict } from '@prooflog/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReply, Problem } from '../../src/api/contract.js';
import { Program, removeDir, tempDir } from '../support/program.js';
import { JSON_CASES, type JsonOutcome } from './json-cases.js';

let program: Program;
let key: string;
const data = tempDir();

beforeAll(async () => {
  program = await Program.start(data);
  ({ key } = await program.tenant('acme'));
});
afterAll(async () => {
  await program?.stop();
  removeDir(data);
});

/** As the verifier reads what lies in a ledger. */
function inVerifier(bytes: Buffer): string {
  const text = fromUtf8(bytes);
  if (text === null) return 'not_utf8';
  try {
    parseStrict(text);
    return 'ok';
  } catch (error) {
    if (error instanceof JsonError) return error.code;
    throw error;
  }
}

/** What the guard says of an item that could be read: `probe` is declared nowhere, and all else is missing. */
const READ: readonly string[] = ['undeclared_field', 'missing_field'];

async function inEvents(bytes: Buffer): Promise<string> {
  const { status, body } = await program.request<IngestReply & Problem>('POST', '/v1/events', {
    key,
    body: bytes,
    headers: { 'content-type': 'application/json' },
  });
  if (status !== 200) return body.code === 'empty_body' ? 'malformed_json' : `${body.code}`;
  expect(body.accepted + body.duplicates).toBe(0);
  const codes = body.rejected.map((r) => r.code);
  const refused = [...new Set(codes.filter((code) => !READ.includes(code)))];
  return codes.length > 0 && refused.length === 0 ? 'ok' : refused.join();
}

async function inOtlp(bytes: Buffer): Promise<string> {
  const { status, body } = await program.request<{ code?: number; message?: string }>('POST', '/v1/logs', {
    key,
    body: bytes,
    headers: { 'content-type': 'application/json' },
  });
  if (status === 200) return 'ok';
  expect([status, body.code]).toEqual([400, 3]);
  if (body.message === 'The body is not UTF-8.') return 'not_utf8';
  if (body.message === 'The body is not JSON.') return 'malformed_json';
  return /^The body is not acceptable JSON: (\w+) at/.exec(body.message ?? '')?.[1] ?? `${body.message}`;
}

/** OTLP keeps such numbers exactly as text and such letters as U+FFFD: unmodified SDKs send both. */
const FOREIGN: readonly JsonOutcome[] = ['number_out_of_range', 'lone_surrogate'];

describe('T17 the same JSON everywhere', () => {
  it('the table keeps to its own names', () => {
    for (const { name, outcome } of JSON_CASES)
      expect([name, name.startsWith('i_') || name.startsWith(outcome === 'ok' ? 'y_' : 'n_')]).toEqual([
        name,
        true,
      ]);
  });

  it.each(JSON_CASES)('$name → $outcome', async ({ bytes, outcome }) => {
    expect({
      verifier: inVerifier(bytes),
      events: await inEvents(bytes),
      otlp: await inOtlp(bytes),
    }).toEqual({ verifier: outcome, events: outcome, otlp: FOREIGN.includes(outcome) ? 'ok' : outcome });
  });

  // White space, a mark or a comma at the ends means something else inside of a list.
  it.each(JSON_CASES.filter(({ name }) => !name.includes('_document_') && !name.includes('utf16')))(
    '$name is judged alike as one of several',
    async ({ bytes, outcome }) => {
      const list = Buffer.concat([Buffer.from('[{"probe":0},'), bytes, Buffer.from(']')]);
      const found = await inEvents(list);
      // What does not close takes the whole list with it.
      if (found !== 'malformed_json') expect(found).toBe(outcome);
      else expect(outcome).not.toBe('ok');
    },
  );

  it('receivers that take less depth than the verifier say so', async () => {
    const depths: [number, JsonOutcome, JsonOutcome][] = [
      [64, 'ok', 'ok'],
      [65, 'too_deep', 'ok'],
      [192, 'too_deep', 'ok'],
      [193, 'too_deep', 'too_deep'],
    ];
    for (const [depth, events, otlp] of depths) {
      const bytes = Buffer.from(`{"probe":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
      expect([depth, await inEvents(bytes), await inOtlp(bytes)]).toEqual([depth, events, otlp]);
      expect(inVerifier(bytes)).toBe('ok');
    }
  });

  it('receivers pass over a byte order mark, which the sealed bytes never have', async () => {
    const bytes = Buffer.from('\ufeff{"probe":1}');
    expect([await inEvents(bytes), await inOtlp(bytes)]).toEqual(['ok', 'ok']);
    expect(inVerifier(bytes)).toBe('malformed_json');
  });

  it('nothing of it was an accident to the program', async () => {
    expect((await program.request('GET', '/health')).status).toBe(200);
    expect(program.output).not.toContain('request failed');
  });
});
