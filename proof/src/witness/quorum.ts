import { parseCheckpoint } from '../note/checkpoint.js';
import { verifyCosignatures } from '../note/cosignature.js';
import { parseNote, verifyNote } from '../note/note.js';
import type { Policy, PolicyMember, PolicyWitness } from './policy.js';

/** A witness as the policy file names it. */
export interface WitnessState {
  readonly name: string;
  /** Seconds since 1970 of its cosignature; null when there is none that can be checked here. */
  readonly time: number | null;
}

export interface QuorumVerdict {
  /** Whether a log of the policy signed the checkpoint; always true where the policy names none. */
  readonly log: boolean;
  readonly witnesses: readonly WitnessState[];
  /** Whether the cosignatures are enough. */
  readonly quorum: boolean;
  /** The checkpoint is valid under the policy: `log` and `quorum`. */
  readonly met: boolean;
  /** One sentence for a person. */
  readonly detail: string;
}

const witnessed = (member: PolicyMember, by: ReadonlySet<PolicyMember>): boolean =>
  member.kind === 'witness'
    ? by.has(member)
    : member.members.filter((m) => witnessed(m, by)).length >= member.threshold;

function describe(log: boolean, quorum: boolean, witnesses: readonly WitnessState[]): string {
  if (!log) return 'No log of the policy signed the checkpoint.';
  const names = (there: boolean): string =>
    witnesses
      .filter((w) => (w.time !== null) === there)
      .map((w) => w.name)
      .join(', ') || 'nobody';
  return quorum
    ? `Witnessed by ${names(true)}; the quorum of the policy is met.`
    : `Witnessed by ${names(true)}, not by ${names(false)}; the quorum of the policy is not met.`;
}

/**
 * Holds a signed checkpoint against a policy. The log's signature by other keys than the policy's is not looked at.
 * @throws NoteError when the note cannot be read, or a signature by a key of the policy does not hold.
 */
export function checkQuorum(signed: Uint8Array | string, policy: Policy): QuorumVerdict {
  const note = parseNote(signed);
  const { origin } = parseCheckpoint(note.text);
  const found = verifyCosignatures(
    note,
    policy.witnesses.map((w) => w.key),
  );
  const timeOf = (w: PolicyWitness): number | null => found.find((c) => c.key === w.key)?.time ?? null;
  const witnesses = policy.witnesses.map((w) => ({ name: w.name, time: timeOf(w) }));
  const by = new Set(policy.witnesses.filter((w) => timeOf(w) !== null));
  const log = policy.logs.length === 0 || signedByLog(signed, policy, origin);
  const quorum = policy.quorum === null || witnessed(policy.quorum, by);
  return { log, witnesses, quorum, met: log && quorum, detail: describe(log, quorum, witnesses) };
}

/** A key counts for the log of its own name only. */
function signedByLog(signed: Uint8Array | string, policy: Policy, origin: string): boolean {
  const keys = policy.logs.map((l) => l.key).filter((key) => key.name === origin);
  if (keys.length === 0) return false;
  try {
    return verifyNote(signed, keys).verifiedBy.includes(origin);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'no_known_signature') return false;
    throw error;
  }
}
