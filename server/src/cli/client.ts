import { Failure } from '../base/errors.js';

/** Calls a running server with the administrator's token. For the commands `tenant`, `key` and `export`. */
export class Client {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  static fromEnvironment(options: { url?: string; token?: string }): Client {
    const url =
      options.url ?? process.env.PROOFLOG_URL ?? `http://${process.env.PROOFLOG_LISTEN ?? '127.0.0.1:7117'}`;
    const token = options.token ?? process.env.PROOFLOG_ADMIN_TOKEN ?? process.env.PROOFLOG_KEY ?? '';
    if (token === '')
      throw new Failure('bad_setting', 'Give the administrator token with --token or PROOFLOG_ADMIN_TOKEN.');
    return new Client(url, token);
  }

  get url(): string {
    return this.#url;
  }

  async call<T>(method: string, path: string, body?: unknown, tenant?: string): Promise<T> {
    const text = await (await this.open(method, path, body, tenant)).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The reply with its body unread. @throws Failure with what the server said when it refused. */
  async open(method: string, path: string, body?: unknown, tenant?: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (tenant !== undefined) headers['x-prooflog-tenant'] = tenant;
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(this.#url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new Failure('bad_setting', `No Prooflog answers at ${this.#url}; is it running?`, { cause });
    }
    if (response.ok) return response;
    const text = await response.text();
    const problem = text.startsWith('{') ? (JSON.parse(text) as { detail?: string }) : {};
    throw new Failure('bad_request', problem.detail ?? `The server answered ${response.status}.`);
  }
}

/** Data goes to standard output, everything else to standard error. */
export function print(value: unknown, json: boolean, line: (value: never) => string): void {
  const list = Array.isArray(value) ? value : [value];
  process.stdout.write(
    json ? `${JSON.stringify(value)}\n` : list.map((item) => `${line(item as never)}\n`).join(''),
  );
}
