import { join } from 'node:path';
import type { LogName } from '../event/stages.js';
import type { Head } from '../ledger/heads.js';
import type { Manifest } from '../ledger/manifest.js';
import type { Signer } from '../ledger/signer.js';
import type { MeteredFiles } from './files.js';
import type { Found } from './findings.js';

/** What the sealer is doing, so that its work is never taken for somebody else's. Journal positions. */
export interface Sealing {
  /** Behind everything the sealer may have begun to write. */
  begun(): number;
  /**
   * Everything before it is sealed and nothing of it is still being written, checkpoints and tidying included; of
   * all logs but those that stopped, or of the one that is named.
   */
  settled(log?: LogName): number;
  /** True while nothing lies between a head that moved and its checkpoint. */
  quiet(): boolean;
}

/** What all checks work with. */
export interface Scene {
  /** Folder of the ledger. */
  readonly dir: string;
  readonly files: MeteredFiles;
  /** What is trusted: size and root of each log. */
  readonly heads: { get(log: LogName): Head | undefined; all(): Head[] };
  readonly manifest: Manifest;
  readonly signer: Signer;
  readonly origin: (log: LogName) => string;
  /** Below `index` the bytes of a log may be gone; `settled` when its `minimum-index` must say so. */
  readonly minimum: (log: LogName) => { readonly index: number; readonly settled: boolean };
  readonly sealing: Sealing;
  readonly report: (log: LogName, found: Found) => Promise<void>;
}

/** `work`: one bounded piece is done. `wait`: the sealer must get on first. */
export type Step = 'work' | 'wait';
export type Steps<T = void> = AsyncGenerator<Step, T>;

/** Waiting is for the sealer's next breath; when it stands still, the checks that need it are left out. */
const MAX_WAITS = 500;

/** Until the condition holds. @returns whether it does. */
export async function* until(holds: () => boolean): Steps<boolean> {
  for (let i = 0; i < MAX_WAITS && !holds(); i++) yield 'wait';
  return holds();
}

/** Whether the bytes of the entries before `end` may be gone. */
export const mayBeGone = (scene: Scene, log: LogName, end: number): boolean =>
  end <= scene.minimum(log).index;

/** Reader of one log's files, by their paths inside it. */
export const readerOf =
  (scene: Scene, log: LogName) =>
  (path: string): Promise<Uint8Array | null> =>
    scene.files.read(join(scene.dir, log, path));
