import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { ROOT } from './program.js';

export const BUCKET = 'prooflog';
export type User = 'root' | 'writer' | 'reader';

/** Whether `node scripts/services/s3.js --install` was run here. */
export function isInstalled(): boolean {
  const dir = join(ROOT, '.services');
  return existsSync(dir) && readdirSync(dir).some((name) => name.startsWith('versitygw-'));
}

/** The S3 server of scripts/services, over a folder of the test's. */
export class S3Server {
  readonly endpoint: string;
  readonly #dir: string;
  readonly #clients: S3Client[] = [];
  #child: ChildProcess;

  private constructor(dir: string, child: ChildProcess, endpoint: string) {
    this.#dir = dir;
    this.#child = child;
    this.endpoint = endpoint;
  }

  static async start(dir: string): Promise<S3Server> {
    const child = run(dir, []);
    return new S3Server(dir, child, await endpointOf(child));
  }

  /** With the same folder, at the same address. */
  async startAgain(): Promise<void> {
    this.#child = run(this.#dir, ['--port', new URL(this.endpoint).port]);
    await endpointOf(this.#child);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    const ended = new Promise((resolve) => this.#child.on('exit', resolve));
    this.#child.stdin?.end();
    await ended;
  }

  client(user: User): S3Client {
    const client = new S3Client({
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: user, secretAccessKey: `${user}-secret` },
    });
    this.#clients.push(client);
    return client;
  }

  /** Settings of a program that archives here. */
  settings(user: User, more: Record<string, string> = {}): Record<string, string> {
    return {
      PROOFLOG_ARCHIVE_BUCKET: BUCKET,
      PROOFLOG_ARCHIVE_ENDPOINT: this.endpoint,
      PROOFLOG_ARCHIVE_ACCESS_KEY_ID: user,
      PROOFLOG_ARCHIVE_SECRET_ACCESS_KEY: `${user}-secret`,
      PROOFLOG_ARCHIVE_INTERVAL: '1',
      ...more,
    };
  }
}

function run(dir: string, args: string[]): ChildProcess {
  const script = join(ROOT, 'scripts/services/s3.js');
  return spawn(process.execPath, ['--no-warnings', script, '--dir', dir, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

function endpointOf(child: ChildProcess): Promise<string> {
  let out = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      const found = /PROOFLOG_ARCHIVE_ENDPOINT=(\S+)/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', (code) => reject(new Error(`the S3 server ended with ${code}`)));
  });
}
