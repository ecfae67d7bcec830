import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
const BIN = join(ROOT, 'server/bin/prooflog.js');
export const ADMIN_TOKEN = 'test-administrator-token';

export function tempDir(): string {
  return mkdtempSync(join(tmpdir(), 'prooflog-test-'));
}

export const removeDir = (dir: string): void => rmSync(dir, { recursive: true, force: true });

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('PROOFLOG_'));
  return { ...Object.fromEntries(clean), ...extra };
}

/** Runs a command of the built program to its end. */
export async function runProgram(
  args: string[],
  env: Record<string, string> = {},
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { env: environment(env) });
  child.stdin.end(input);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, out, err };
}

export interface Reply<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

/** The built program as a process of its own, on a free port. */
export class Program {
  readonly data: string;
  readonly url: string;
  /** All it printed. */
  output = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly #grouped: boolean;

  private constructor(
    data: string,
    url: string,
    child: ChildProcess,
    exit: Promise<number | null>,
    grouped: boolean,
  ) {
    this.#grouped = grouped;
    this.data = data;
    this.url = url;
    this.#child = child;
    this.#exit = exit;
  }

  /** @param under a program that runs it, with its arguments: a tracer. */
  static async start(
    data: string,
    env: Record<string, string> = {},
    command = 'serve',
    under: readonly string[] = [],
  ): Promise<Program> {
    const [file = '', ...args] = [...under, process.execPath, BIN, command, '--data', data];
    const child = spawn(file, [...args, '--listen', env.PROOFLOG_LISTEN ?? '127.0.0.1:0'], {
      env: environment({ PROOFLOG_ADMIN_TOKEN: ADMIN_TOKEN, PROOFLOG_LOG_LEVEL: 'debug', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A tracer that is killed lets its program go: both are killed as a group.
      detached: under.length > 0,
    });
    const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
    let output = '';
    let program: Program | null = null;
    const url = await new Promise<string>((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        output += chunk.toString();
        if (program !== null) program.output = output;
        const found = /Prooflog\s+(http:\S+)\n/.exec(output);
        if (found?.[1] !== undefined) resolve(found[1]);
      };
      child.stdout?.on('data', onData);
      child.stderr?.on('data', onData);
      void exit.then((code) => reject(new Error(`the program ended with ${code}:\n${output}`)));
    });
    program = new Program(data, url, child, exit, under.length > 0);
    program.output = output;
    return program;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async kill(): Promise<void> {
    if (this.#grouped) process.kill(-this.pid, 'SIGKILL');
    else this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** In order; resolves to the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#exit;
  }

  async request<T = unknown>(
    method: string,
    path: string,
    options: { key?: string; body?: BodyInit | Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<Reply<T>> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.key !== undefined) headers.authorization = `Bearer ${options.key}`;
    const init: RequestInit = { method, headers };
    if (options.body !== undefined) init.body = options.body as BodyInit;
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    let body: unknown = null;
    try {
      body = JSON.parse(text);
    } catch {
      // not every reply is JSON
    }
    return { status: response.status, headers: response.headers, text, body: body as T };
  }

  async post<T = unknown>(
    path: string,
    key: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    return this.request<T>('POST', path, {
      key,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async get<T = unknown>(path: string, key: string): Promise<Reply<T>> {
    return this.request<T>('GET', path, { key });
  }

  /** A tenant with an administrator's key for itself. */
  async tenant(
    slug: string,
    packs: readonly string[] = ['company-governance'],
  ): Promise<{ id: string; key: string }> {
    const { body: tenant } = await this.post<{ id: string }>('/v1/tenants', ADMIN_TOKEN, {
      slug,
      packs,
      region: 'eu',
    });
    return { id: tenant.id, key: await this.key(slug, 'admin') };
  }

  async key(tenant: string, role: string): Promise<string> {
    const { body } = await this.post<{ key: string }>('/v1/keys', ADMIN_TOKEN, { tenant, role });
    return body.key;
  }

  /** Asks until the answer fits; records are searchable a moment after they were accepted. */
  async eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, within = 30_000): Promise<T> {
    const end = Date.now() + within;
    for (;;) {
      const answer = await ask();
      if (fits(answer) || Date.now() > end) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
