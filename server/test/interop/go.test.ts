import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrustedLog } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { Program, ROOT, removeDir, runProgram, tempDir } from '../support/program.js';
import { describeWith } from '../support/real-part.js';

const data = tempDir();
const bin = join(data, 'bin');
const file = (name: string): string => join(data, name);

/** Builds one of the Go programs; false where there is no Go, or its modules cannot be had. */
function build(...packages: string[]): boolean {
  mkdirSync(bin, { recursive: true });
  const { status, error, stderr } = spawnSync('go', ['build', '-o', `${bin}/`, ...packages], {
    cwd: join(ROOT, 'server/test/interop/go'),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (status !== 0) console.warn(error?.message ?? stderr);
  return status === 0;
}

function run(name: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(join(bin, name), args, { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** A log with more than one bundle, and the checkpoints it had on the way. */
class GrowingLog {
  tenant = { id: '', key: '' };
  vkey = '';
  program!: Program;

  async start(env: Record<string, string> = {}): Promise<void> {
    this.program = await Program.start(file('log'), env);
    if (this.vkey !== '') return;
    this.tenant = await this.program.tenant('acme');
    await this.grow(1);
    const path = '/v1/logs-of-trust';
    const { body } = await this.program.get<{ logs: TrustedLog[] }>(path, this.tenant.key);
    this.vkey = body.logs.find((l) => l.stream === 'audit')?.vkey ?? '';
  }

  get dir(): string {
    return join(data, 'log/ledger', this.tenant.id, 'audit');
  }

  async grow(by: number): Promise<void> {
    const events = Array.from({ length: by }, () => auditEvent());
    const reply = await this.program.post('/v1/events?wait=sealed', this.tenant.key, events);
    expect(reply).toMatchObject({ status: 200, body: { accepted: by } });
  }

  checkpoint = (): string => readFileSync(join(this.dir, 'checkpoint'), 'utf8');
}

const log = new GrowingLog();
beforeAll(() => log.start());
afterAll(async () => {
  await log.program?.stop();
  removeDir(data);
});

describeWith('Go, or golang.org/x/mod', build('./readlog'), 'golang.org/x/mod/sumdb', () => {
  const read = (...more: string[]) => run('readlog', '-dir', log.dir, '-vkey', log.vkey, ...more);

  it('finds every leaf included, and the log grown from each checkpoint it had', async () => {
    const kept: string[] = [];
    for (const by of [1, 253, 1, 1, 400]) {
      kept.push(file(`checkpoint-${kept.length}`));
      copyFileSync(join(log.dir, 'checkpoint'), kept.at(-1) as string);
      await log.grow(by);
      for (const earlier of kept) {
        const { code, out, err } = read('-earlier', earlier);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const size = Number(log.checkpoint().split('\n')[1]);
        const from = Number(readFileSync(earlier, 'utf8').split('\n')[1]);
        expect(JSON.parse(out)).toEqual({ size, leaves: size, from });
      }
    }
  });

  it('finds what was altered', () => {
    const path = join(log.dir, 'tile/entries/000');
    const bytes = readFileSync(path);
    const bad = Buffer.from(bytes);
    bad[300] = (bad[300] as number) ^ 1;
    const copy = file('altered');
    spawnSync('cp', ['-r', log.dir, copy]);
    spawnSync('chmod', ['-R', 'u+w', copy]);
    writeFileSync(join(copy, 'tile/entries/000'), bad);
    expect(run('readlog', '-dir', copy, '-vkey', log.vkey).code).toBe(1);
    writeFileSync(join(copy, 'tile/entries/000'), bytes);
    expect(run('readlog', '-dir', copy, '-vkey', log.vkey).code).toBe(0);
    const other = log.checkpoint().replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`);
    writeFileSync(join(copy, 'checkpoint'), other);
    expect(run('readlog', '-dir', copy, '-vkey', log.vkey).err).toContain('checkpoint');
  });
});

describeWith(
  'Go, or filippo.io/torchwood',
  build('./torchwood', 'filippo.io/torchwood/cmd/litewitness'),
  'filippo.io/torchwood',
  () => {
    let litewitness: ChildProcess | null = null;
    afterAll(() => void litewitness?.stdin?.end());

    /** litewitness, knowing our log; its verifier key and address. */
    async function startLitewitness(): Promise<[vkey: string, url: string]> {
      const dir = file('litewitness');
      mkdirSync(dir);
      const args = ['witness', '-bin', join(bin, 'litewitness'), '-dir', dir, '-log', log.vkey];
      const child = spawn(join(bin, 'torchwood'), args, { stdio: ['pipe', 'pipe', 'pipe'] });
      litewitness = child;
      let err = '';
      child.stderr.on('data', (chunk) => {
        err += chunk;
      });
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        child.on('exit', () => reject(new Error(err)));
      });
      const [vkey = '', url = ''] = line.trim().split(' ');
      return [vkey, url];
    }

    it('litewitness cosigns our log as it grows, and torchwood reads it under our policy', async () => {
      const [vkey, url] = await startLitewitness();
      const policy = file('policy');
      const lines = [`log ${log.vkey}`, `witness go ${vkey} ${url}/`, 'group g all go', 'quorum g', ''];
      writeFileSync(policy, lines.join('\n'));
      const verify = () => run('torchwood', 'verify', '-dir', log.dir, '-policy', policy);
      expect(verify()).toMatchObject({ code: 1, out: '' });
      await log.program.stop();
      await log.start({ PROOFLOG_WITNESS_POLICY: policy });
      for (const by of [1, 2, 700]) {
        await log.grow(by);
        const checkpoint = await log.program.eventually(
          async () => log.checkpoint(),
          (text) => text.includes('\n\u2014 go.example/witness '),
        );
        const size = Number(checkpoint.split('\n')[1]);
        const { code, out, err } = verify();
        expect({ code, err }).toEqual({ code: 0, err: '' });
        const signatures = [log.vkey.split('+')[0], 'go.example/witness'];
        expect(JSON.parse(out)).toEqual({ size, entries: size, signatures });
        expect(await runProgram(['verify', log.dir, '--policy', policy])).toMatchObject({ code: 0 });
      }
    });

    it('a log of theirs is cosigned by our witness, and refused as the specification has it', async () => {
      writeFileSync(file('known'), run('torchwood', 'submit').out);
      const witness = await Program.start(file('witness'), {
        PROOFLOG_WITNESS_LOGS: file('known'),
        PROOFLOG_WITNESS_NAME: 'witness.example/w1',
      });
      try {
        const vkey = (await witness.request('GET', '/witness/vkey')).text.trim();
        const { code, out, err } = run('torchwood', 'submit', '-url', witness.url, '-vkey', vkey);
        expect({ code, err }).toEqual({ code: 0, err: '' });
        expect(JSON.parse(out)).toEqual({
          stranger: 404,
          thief: 403,
          larger: 400,
          behind: 409,
          split: 409,
          fork: 422,
        });
      } finally {
        await witness.stop();
      }
    });
  },
);
