import { canVerifyCosigner, checkQuorum, type Policy, PolicyError, parsePolicy } from '@prooflog/proof';
import { Failure } from '../base/errors.js';
import type { RemoteWitness } from './client.js';

export interface WitnessPlan {
  readonly witnesses: readonly RemoteWitness[];
  /** Whether a log of this origin is shown to them: all are, where the policy names none. */
  readonly covers: (origin: string) => boolean;
  /** Whether a checkpoint with at least one cosignature has as many as the policy wants. */
  readonly enough: (signed: string) => boolean;
}

/**
 * Whom to ask for cosignatures, out of a policy file. Witnesses without an address, and those whose cosignatures
 * cannot be checked here, are left out.
 * @throws Failure `bad_setting` naming the line.
 */
export function planOf(text: string): WitnessPlan {
  const policy = read(text);
  const { logs, witnesses } = policy;
  const remote = witnesses.flatMap(({ name, key, url }) =>
    url === undefined || !canVerifyCosigner(key) ? [] : [{ name, key, url: prefix(name, url) }],
  );
  if (remote.length === 0)
    throw new Failure('bad_setting', 'witness_policy names no witness with an Ed25519 key and an address.');
  const origins = new Set(logs.map((log) => log.key.name));
  return {
    witnesses: remote,
    covers: (origin) => origins.size === 0 || origins.has(origin),
    enough: (signed) => checkQuorum(signed, { ...policy, logs: [] }).quorum,
  };
}

function read(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyError)
      throw new Failure('bad_setting', `witness_policy: ${error.message}`, { cause: error });
    throw error;
  }
}

function prefix(name: string, url: string): string {
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw new Failure('bad_setting', `witness_policy: the address of ${name} must begin with http or https.`);
  return url.replace(/\/+$/, '');
}
