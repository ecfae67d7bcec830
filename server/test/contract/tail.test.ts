import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredRecord } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, removeDir, tempDir } from '../support/program.js';

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

/** Reads Server-Sent Events until `enough` of the records have come. */
async function tailed(response: Response, enough: number): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages)
      if (message.startsWith('data: ')) records.push(...(JSON.parse(message.slice(6)) as StoredRecord[]));
    if (records.length >= enough) break;
  }
  return records;
}

describe('GET /v1/tail', () => {
  it('sends every new record once, also those that come while it is busy', async () => {
    const stop = new AbortController();
    const response = await fetch(`${program.url}/v1/tail?streams=audit`, {
      headers: { authorization: `Bearer ${key}` },
      signal: stop.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const batches = Array.from({ length: 20 }, () => Array.from({ length: 60 }, () => auditEvent()));
    const reading = tailed(response, 1_200);
    await Promise.all(batches.map((batch) => program.post('/v1/events', key, batch)));
    const ids = (await reading).map((record) => record.event_id);
    stop.abort();
    expect(ids).toHaveLength(1_200);
    expect(new Set(ids)).toEqual(new Set(batches.flat().map((event) => event.event_id)));
  }, 60_000);
});
