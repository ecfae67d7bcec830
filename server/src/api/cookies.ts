import type { FastifyReply, FastifyRequest } from 'fastify';

const NAME = 'prooflog_session';

/** The session's token from the cookie header, if there is one. */
export function sessionToken(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === NAME && value !== undefined && /^[\w-]{20,128}$/.test(value)) return value;
  }
  return undefined;
}

/** Not readable by scripts, not sent along from other sites. `Secure` only where the connection is. */
export function setSession(reply: FastifyReply, request: FastifyRequest, token: string): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${NAME}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200${secure}`,
  );
}

export function clearSession(reply: FastifyReply): void {
  void reply.header('set-cookie', `${NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
}
