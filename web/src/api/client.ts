import type { Problem } from '../../../server/src/api/contract.js';

export type * from '../../../server/src/api/contract.js';

/** A refusal, as the server explained it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const TENANT = 'prooflog.tenant';
export const selectedTenant = (): string | null => localStorage.getItem(TENANT);
export const selectTenant = (id: string): void => localStorage.setItem(TENANT, id);

function unreadable(status: number): Problem {
  return {
    type: 'about:blank',
    title: 'The server did not answer as expected',
    status,
    code: 'internal',
    detail: `It answered ${status}.`,
    request_id: '',
  };
}

/** @param body sent as JSON; a text is sent as it is: what a person pasted. */
export async function request(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const tenant = selectedTenant();
  const headers: Record<string, string> = { 'x-prooflog-csrf': '1' };
  if (tenant !== null) headers['x-prooflog-tenant'] = tenant;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  const response = await fetch(path, init);
  if (response.ok) return response;
  const problem = (await response.json().catch(() => unreadable(response.status))) as Problem;
  throw new ApiError(problem);
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await request('GET', path, undefined, signal)).json() as Promise<T>;
export const post = async <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  (await request('POST', path, body, signal)).json() as Promise<T>;
export const getText = async (path: string): Promise<string> => (await request('GET', path)).text();
