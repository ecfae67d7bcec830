import { fromUtf8, parseCheckpoint, parseNote, toHex, trustOf } from '@prooflog/proof';
import { type LogName, splitLog } from '../event/stages.js';
import type { Head } from '../ledger/heads.js';
import type { Found } from './findings.js';
import { readerOf, type Scene, type Steps, until } from './scene.js';

/**
 * `checkpoint` and `vkey` are replaced at each sealing, the checkpoint a moment after the head: both are compared
 * only when head and sealer stood still while they were read.
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
    if (head === undefined) return true;
    const still = quiet() && scene.heads.get(log) === head;
    const found = still ? await judge(scene, log, head, { checkpoint, cosigned, vkey }) : [];
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

/** Signed in the log's name by each key in force and nobody else, of this origin, for exactly the head; witnesses may have cosigned. */
function fits(bytes: Uint8Array | null, keys: readonly string[], origin: string, head: Head): boolean {
  try {
    const note = parseNote(bytes ?? new Uint8Array());
    const at = parseCheckpoint(note.text);
    return (
      note.signatures.filter((signature) => signature.name === origin).length === keys.length &&
      keys.every((key) => trustOf(bytes ?? new Uint8Array(), origin, [key]).trust === 'held') &&
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
