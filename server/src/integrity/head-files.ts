import { fromUtf8, parseCheckpoint, parseMinimumIndex, parseNote, toHex, trustOf } from '@prooflog/proof';
import { type LogName, splitLog } from '../event/stages.js';
import type { Head } from '../ledger/heads.js';
import type { Found } from './findings.js';
import { readerOf, type Scene, type Steps, until } from './scene.js';

/**
 * `checkpoint` and `vkey` are replaced at each sealing, the checkpoint a moment after the head, and `minimum-index`
 * while records expire: they are compared only when head, sealer and expiry stood still while they were read.
 * @returns false when the sealer never stood still.
 */
export async function* checkHeadFiles(scene: Scene, log: LogName): Steps<boolean> {
  const read = readerOf(scene, log);
  const { quiet } = scene.sealing;
  for (let tries = 0; tries < 100; tries++) {
    if (!(yield* until(quiet))) return false;
    const head = scene.heads.get(log);
    const checkpoint = await read('checkpoint');
    const cosigned = await read('checkpoint.cosigned');
    const vkey = await read('vkey');
    const minimum = scene.minimum(log);
    const note = await read('minimum-index');
    if (head === undefined) return true;
    const still = quiet() && scene.heads.get(log) === head;
    const found = still ? await judge(scene, log, head, { checkpoint, cosigned, vkey }) : [];
    const now = scene.minimum(log);
    const same = minimum.settled && now.settled && now.index === minimum.index;
    if (still && same && !(await says(scene, log, note, now.index)))
      found.push({ code: 'minimum_index_invalid', path: 'minimum-index' });
    yield still ? 'work' : 'wait';
    if (!still) continue;
    for (const one of found) await scene.report(log, one);
    return true;
  }
  return false;
}

async function judge(
  scene: Scene,
  log: LogName,
  head: Head,
  { checkpoint, cosigned, vkey }: Record<'checkpoint' | 'cosigned' | 'vkey', Uint8Array | null>,
): Promise<Found[]> {
  const origin = scene.origin(log);
  const keys = await scene.signer.vkeys(splitLog(log).tenant, origin);
  const found: Found[] = [];
  if (!fits(checkpoint, keys, origin, head)) found.push({ code: 'checkpoint_invalid', path: 'checkpoint' });
  if (cosigned !== null && !isEarlier(cosigned, keys, origin, head))
    found.push({ code: 'checkpoint_invalid', path: 'checkpoint.cosigned' });
  if (vkey === null || fromUtf8(vkey) !== `${keys.join('\n')}\n`)
    found.push({ code: 'vkey_altered', path: 'vkey' });
  return found;
}

/** Whether the note is there exactly when something expired, by the log's own keys, and says how much. */
async function says(scene: Scene, log: LogName, bytes: Uint8Array | null, index: number): Promise<boolean> {
  if (bytes === null || index === 0) return bytes === null && index === 0;
  const origin = scene.origin(log);
  try {
    const keys = await scene.signer.vkeys(splitLog(log).tenant, origin);
    const minimum = parseMinimumIndex(parseNote(bytes).text);
    return minimum.origin === origin && minimum.index === index && signedByAll(bytes, keys, origin);
  } catch {
    return false;
  }
}

const signedByAll = (note: Uint8Array, keys: readonly string[], origin: string): boolean =>
  keys.every((key) => trustOf(note, origin, [key]).trust === 'held');

/** Signed in the log's name by each key in force and nobody else, of this origin, for exactly the head; witnesses may have cosigned. */
function fits(bytes: Uint8Array | null, keys: readonly string[], origin: string, head: Head): boolean {
  try {
    const note = parseNote(bytes ?? new Uint8Array());
    const at = parseCheckpoint(note.text);
    return (
      note.signatures.filter((signature) => signature.name === origin).length === keys.length &&
      signedByAll(bytes ?? new Uint8Array(), keys, origin) &&
      note.text.split('\n').length === 4 &&
      at.origin === origin &&
      at.size === head.size &&
      toHex(at.root) === toHex(head.root)
    );
  } catch {
    return false;
  }
}

/** Signed by a key in force for a size the log has had: nobody else can make one. */
function isEarlier(bytes: Uint8Array, keys: readonly string[], origin: string, head: Head): boolean {
  try {
    const { note, trust } = trustOf(bytes, origin, keys);
    return trust === 'held' && parseCheckpoint(note.text).size <= head.size;
  } catch {
    return false;
  }
}
