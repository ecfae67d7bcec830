import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  ERASURE_STREAM,
  EXPORT_FORMAT,
  type Manifest,
  parseCheckpoint,
  parseNote,
  utf8,
} from '@prooflog/proof';
import type { Disk } from '../base/disk.js';
import { Failure } from '../base/errors.js';
import type { LogName, RecordPlace } from '../event/stages.js';
import type { LedgerReader } from '../ledger/reader.js';
import type { Signer } from '../ledger/signer.js';
import type { Node } from '../query/ast.js';
import type { Scope } from '../query/compile.js';
import type { Store } from '../store/process/store.js';
import { LogExport, type Snapshot } from './log-export.js';
import { readme } from './readme.js';
import { EXPORT_LIMITS, Selection, select, selectEvidence } from './selection.js';
import type { ZipFile } from './zip.js';

export interface ExporterOptions {
  readonly disk: Disk;
  readonly ledger: LedgerReader;
  readonly store: Store;
  readonly signer: Signer;
  /** Below it the bytes of a log are gone. */
  readonly minimum: (log: LogName) => number;
  /** Records in the leaves from `from` up to `to` that nobody is shown. */
  readonly withheld: (log: LogName, from: number, to: number) => readonly RecordPlace[];
  /** Resolves true when all that is sealed can be found. */
  readonly caughtUp: (signal: AbortSignal) => Promise<boolean>;
  /** Path of the bundled verifier. */
  readonly verifier: string;
}

/** What is to be exported, and for whom. */
export interface Ask {
  readonly node: Node;
  readonly scope: Scope;
  readonly tenant: { readonly id: string; readonly slug: string; readonly host: string };
  /** What the manifest says of it; without personal data. */
  readonly said: Pick<Manifest, 'created_at' | 'created_by' | 'query' | 'from' | 'to'>;
}

/** An export whose records are chosen; its files are made while they are read. */
export interface OpenExport {
  readonly records: number;
  files(): AsyncGenerator<ZipFile>;
}

const WAIT_MS = 30_000;

/** Makes exports (docs/formats/export.md). */
export class Exporter {
  readonly #o: ExporterOptions;

  constructor(options: ExporterOptions) {
    this.#o = options;
  }

  /**
   * Fixes one state of every log, then chooses the records below it.
   * @throws Failure `export_too_large`, `timeout`, and what the store throws.
   */
  async open(ask: Ask): Promise<OpenExport> {
    const snapshots: Snapshot[] = [];
    for (const stream of new Set([...ask.scope.streams, ERASURE_STREAM])) {
      const snapshot = await this.#snapshot(`${ask.tenant.id}/${stream}`, stream);
      if (snapshot !== null) snapshots.push(snapshot);
    }
    // What a checkpoint covers must be found, or the export would be less than what was there.
    if (!(await this.#o.caughtUp(AbortSignal.timeout(WAIT_MS))))
      throw new Failure('timeout', 'The search store is behind the ledger; try again in a moment.');
    const logs: LogExport[] = [];
    let records = 0;
    for (const snapshot of snapshots) {
      const { chosen, evidence } = await this.#choose(ask, snapshot, EXPORT_LIMITS.records - records);
      if (chosen.size === 0 && !ask.scope.streams.includes(snapshot.stream)) continue;
      records += chosen.size;
      const { disk, ledger, minimum } = this.#o;
      logs.push(new LogExport(disk, ledger, snapshot, { chosen, evidence }, minimum));
    }
    return { records, files: () => this.#files(ask, logs, records) };
  }

  /** What was asked for of a log, and of the log of erasures what proves those of the people in it too. */
  async #choose(
    { node, scope }: Ask,
    snapshot: Snapshot,
    room: number,
  ): Promise<{ chosen: Selection; evidence: number }> {
    const { store } = this.#o;
    const { stream } = snapshot;
    const asked = scope.streams.includes(stream)
      ? await select(store, node, scope, stream, { ...snapshot, room })
      : new Selection();
    if (stream !== ERASURE_STREAM) return { chosen: asked, evidence: 0 };
    const evidence = await selectEvidence(store, node, scope, { ...snapshot, room: room - asked.size });
    const chosen = Selection.union(asked, evidence);
    return { chosen, evidence: chosen.size - asked.size };
  }

  async #snapshot(log: LogName, stream: string): Promise<Snapshot | null> {
    const checkpoint = await this.#o.disk.readFile(join(this.#o.ledger.dirOf(log), 'checkpoint'));
    if (checkpoint === null) return null;
    const { origin, size } = parseCheckpoint(parseNote(checkpoint).text);
    const withheld = this.#o.withheld(log, 0, size);
    return { log, stream, origin, checkpoint, size, minimum: this.#o.minimum(log), withheld };
  }

  async *#files(ask: Ask, logs: readonly LogExport[], records: number): AsyncGenerator<ZipFile> {
    const files: Record<string, { bytes: number; sha256: string }> = {};
    const noted = (file: ZipFile): ZipFile => ({
      name: file.name,
      content: hashed(file, (bytes, sha256) => {
        files[file.name] = { bytes, sha256 };
      }),
    });
    const { id, slug, host } = ask.tenant;
    const about = {
      format: EXPORT_FORMAT,
      tenant: { id, slug },
      ...ask.said,
      streams: [...ask.scope.streams],
      records,
      logs: logs.map((log) => log.manifest),
    } as const;
    yield noted({ name: 'README.md', content: [utf8(readme(about))] });
    yield noted({ name: 'verify.mjs', content: [await this.#verifier()] });
    const name = `${host}/${id}`;
    const vkeys = [name, ...logs.map((log) => log.snapshot.origin)].map((n) => this.#o.signer.vkeys(id, n));
    yield noted({ name: 'vkeys', content: [utf8(`${(await Promise.all(vkeys)).flat().join('\n')}\n`)] });
    for (const log of logs) for (const file of log.files()) yield noted(file);
    // Only now every file is written and its hash known.
    const manifest = utf8(`${JSON.stringify({ ...about, files } satisfies Manifest, null, 2)}\n`);
    yield { name: 'manifest.json', content: [manifest] };
    yield { name: 'manifest.note', content: [utf8(await this.#o.signer.manifest(id, name, manifest))] };
  }

  async #verifier(): Promise<Uint8Array> {
    const bytes = await this.#o.disk.readFile(this.#o.verifier);
    if (bytes === null)
      throw new Failure('internal', 'The bundled verifier is missing; run npm run build again.');
    return bytes;
  }
}

async function* hashed(
  { content }: ZipFile,
  done: (bytes: number, sha256: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of content) {
    hash.update(piece);
    bytes += piece.length;
    yield piece;
  }
  done(bytes, hash.digest('hex'));
}
