import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeLogsJson } from './decode-json.js';
import { decodeLogsProtobuf } from './decode-protobuf.js';

const read = (name: string): Buffer => readFileSync(new URL(`./testdata/${name}`, import.meta.url));

/** Values that JSON does not have, under names of their own. */
function plain(value: unknown): unknown {
  if (value === undefined) return { $unset: true };
  if (typeof value === 'bigint') return { $int: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('hex') };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [key, plain(item)]) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe.each(['edges', 'sdk'])('fixture %s', (name) => {
  const expected: unknown = JSON.parse(read(`${name}.expected.json`).toString());

  it('decodes from protobuf', () => {
    expect(plain(decodeLogsProtobuf(read(`${name}.bin`)))).toEqual(expected);
  });

  it('decodes from JSON', () => {
    expect(plain(decodeLogsJson(read(`${name}.json`)))).toEqual(expected);
  });
});

describe('sharing', () => {
  it('gives all records of a group the same resource and scope attributes', () => {
    const [first, second, , other] = decodeLogsProtobuf(read('edges.bin'));
    expect(second?.resource).toBe(first?.resource);
    expect(second?.scopeAttributes).toBe(first?.scopeAttributes);
    expect(other?.resource).not.toBe(first?.resource);
  });

  it('copies bytes out of the body', () => {
    const body = new Uint8Array(read('edges.bin'));
    const bytes = decodeLogsProtobuf(body)[0]?.attributes.get('bytes') as Uint8Array;
    body.fill(0);
    expect([...bytes]).toEqual([0, 255, 16]);
    expect(bytes.buffer.byteLength).toBe(3);
  });
});
