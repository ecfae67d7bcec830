import { canonicalize } from '../canonical/canonicalize.js';
import { parseStrict } from '../canonical/parse.js';
import { equalBytes, fromBase64, fromHex, fromUtf8, toHex, utf8 } from '../hash/bytes.js';
import { leafHash } from '../hash/tree-hash.js';
import { verifyInclusion } from '../merkle/verify.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { parseTlogProof } from '../note/tlog-proof.js';
import { anotherKey, trustOf } from '../note/trusted.js';
import type { Policy } from '../witness/policy.js';
import { checkQuorum } from '../witness/quorum.js';

type Members = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
/**
 * The bytes that were sealed: a record as the API gives it out, without what is added on the way: `integrity.hash`,
 * `corrected_by`, `erased_by` and `upcast`.
 */
export function recordBytes(record: object): Uint8Array {
  const {
    integrity,
    corrected_by: _corrections,
    erased_by: _erasures,
    upcast: _read,
    ...rest
  } = record as Members;
  if (!isObject(integrity)) return utf8(canonicalize(rest));
  const { hash: _, ...kept } = integrity;
  return utf8(canonicalize(Object.keys(kept).length === 0 ? rest : { ...rest, integrity: kept }));
}

/** Hex of the hash under which a record stands in its tree or block. */
export const hashOfRecord = (record: object): string => toHex(leafHash(recordBytes(record)));

export type StepId = 'record_hash' | 'block' | 'inclusion' | 'signature' | 'quorum';

export interface VerdictStep {
  readonly id: StepId;
  readonly ok: boolean;
  readonly detail: string;
}

export interface RecordVerdict {
  /**
   * `unknown` only when no key was given that could say, the log signs with another key than those, or witnesses
   * that were asked for have not cosigned; everything that does not hold is `tampered`.
   */
  readonly state: 'verified' | 'tampered' | 'unknown';
  readonly steps: readonly VerdictStep[];
  readonly origin: string;
  readonly index: number;
  readonly size: number;
  readonly leafHash: string;
  readonly path: readonly string[];
}

export interface RecordProof {
  readonly proofText: string;
  readonly vkeys: readonly string[];
  /** The record as shown; without it the one inside the proof is checked. */
  readonly record?: object;
  /** Whose cosignatures the checkpoint must carry; the logs it names are trusted as `vkeys` are. */
  readonly policy?: Policy;
}

interface Extra {
  readonly record: Members;
  readonly block?: { readonly index: number; readonly leaf: Members; readonly path: readonly Uint8Array[] };
}

/** Only the one spelling docs/formats/ledger.md has: nothing may stand in it that no hash covers. */
function readExtra(bytes: Uint8Array | undefined): Extra | null {
  const text = bytes === undefined ? null : fromUtf8(bytes);
  const value: unknown = text === null ? null : parseStrict(text);
  if (!isObject(value) || !isObject(value.record)) return null;
  const { block, record } = value;
  const sealed = fromUtf8(recordBytes(record));
  if (block === undefined) return text === `{"record":${sealed}}` ? { record } : null;
  if (
    !isObject(block) ||
    !isObject(block.leaf) ||
    !Array.isArray(block.path) ||
    typeof block.index !== 'number'
  )
    return null;
  const path = block.path.map((hash) => (typeof hash === 'string' ? fromBase64(hash) : null));
  if (!path.every((hash): hash is Uint8Array => hash !== null)) return null;
  const { index, leaf } = block;
  if (text !== `{"block":${canonicalize({ index, leaf, path: block.path })},"record":${sealed}}`) return null;
  return { record, block: { index, leaf, path } };
}

/**
 * Checks a record against its proof, trusting nothing but the keys. Every step is told, so that a page can show
 * them; anything that cannot be read counts as not holding.
 */
export function verifyRecordProof({ proofText, vkeys, record, policy }: RecordProof): RecordVerdict {
  const steps: VerdictStep[] = [];
  const step = (id: StepId, ok: boolean, detail: string): boolean => {
    steps.push({ id, ok, detail });
    return ok;
  };
  const empty = { origin: '', index: 0, size: 0, leafHash: '', path: [] };
  try {
    const proof = parseTlogProof(proofText);
    const extra = readExtra(proof.extra);
    if (extra === null) {
      step('record_hash', false, 'The proof carries no record.');
      return { state: 'tampered', steps, ...empty };
    }
    const bytes = recordBytes(record ?? extra.record);
    const hash = leafHash(bytes);
    checkRecord(step, record, extra, hash);
    const leaf = extra.block === undefined ? hash : checkBlock(step, extra.block, hash);
    const checkpoint = parseCheckpoint(proof.checkpoint.slice(0, proof.checkpoint.lastIndexOf('\n\n') + 1));
    const { origin, size, root } = checkpoint;
    const included = verifyInclusion({ index: proof.index, size, leafHash: leaf, path: proof.path, root });
    step(
      'inclusion',
      included,
      included
        ? `Entry ${proof.index} of ${size}, by ${proof.path.length} hashes.`
        : 'The hashes do not lead to the root of the checkpoint.',
    );
    const trusted = [...vkeys, ...(policy?.logs.map((log) => log.vkey) ?? [])];
    const signed = checkSignature(step, proof.checkpoint, origin, trusted);
    if (policy !== undefined) checkPolicy(step, proof.checkpoint, policy);
    // A missing key or cosignature leaves the question open; anything else that fails answers it.
    const open = (s: VerdictStep): boolean =>
      s.id === 'quorum' || (s.id === 'signature' && signed === 'unknown');
    const state = steps.every((s) => s.ok)
      ? 'verified'
      : steps.every((s) => s.ok || open(s))
        ? 'unknown'
        : 'tampered';
    return {
      state,
      steps,
      origin,
      index: proof.index,
      size,
      leafHash: toHex(leaf),
      path: proof.path.map(toHex),
    };
  } catch {
    step('inclusion', false, 'The proof cannot be read.');
    return { state: 'tampered', steps, ...empty };
  }
}

type Step = (id: StepId, ok: boolean, detail: string) => boolean;

function checkRecord(step: Step, shown: object | undefined, extra: Extra, hash: Uint8Array): void {
  const same = shown === undefined || equalBytes(hash, leafHash(recordBytes(extra.record)));
  const claimed = (shown as { integrity?: { hash?: unknown } } | undefined)?.integrity?.hash;
  const fits = claimed === undefined || claimed === toHex(hash);
  step(
    'record_hash',
    same && fits,
    same && fits ? `SHA-256 ${toHex(hash)}` : 'The record shown is not the record that was sealed.',
  );
}

/** The record is in the block, and the block's descriptor is the leaf. */
function checkBlock(step: Step, block: NonNullable<Extra['block']>, hash: Uint8Array): Uint8Array {
  const { leaf } = block;
  const info = isObject(leaf.block) ? leaf.block : {};
  const root = typeof info.root === 'string' ? fromHex(info.root) : null;
  const size = typeof info.count === 'number' ? info.count : 0;
  const ok =
    root !== null && verifyInclusion({ index: block.index, size, leafHash: hash, path: block.path, root });
  step(
    'block',
    ok,
    ok ? `Record ${block.index} of ${size} in its block.` : 'The record is not in its block.',
  );
  return leafHash(utf8(canonicalize(leaf)));
}

function checkSignature(
  step: Step,
  checkpoint: string,
  origin: string,
  vkeys: readonly string[],
): 'held' | 'failed' | 'unknown' {
  // A key counts for the log of its own name only: a checkpoint of another log proves nothing here.
  const own = vkeys.filter((key) => key.startsWith(`${origin}+`));
  if (own.length === 0) {
    step('signature', false, `There is no key for ${origin}.`);
    return 'unknown';
  }
  try {
    const held = trustOf(checkpoint, origin, own).trust === 'held';
    step('signature', held, held ? `Signed by ${origin}.` : anotherKey('The checkpoint'));
    return held ? 'held' : 'failed';
  } catch {
    step('signature', false, 'The signature of the checkpoint does not hold.');
    return 'failed';
  }
}

/** A cosignature that does not hold is thrown, and makes the proof unreadable: it was altered. */
function checkPolicy(step: Step, checkpoint: string, policy: Policy): void {
  const verdict = checkQuorum(checkpoint, policy);
  step('quorum', verdict.met, verdict.detail);
}
