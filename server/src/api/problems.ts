import type { FastifyReply, FastifyRequest } from 'fastify';
import { WrongRegion } from '../access/regions.js';
import { ERRORS, Failure } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { safeStackFrames } from '../base/stack.js';
import type { Problem } from './contract.js';

/** RFC 9457 problem details of a failure. Nothing of the request is repeated. */
export function problemOf(failure: Failure, requestId: string): Problem {
  const kind = ERRORS[failure.code];
  return {
    type: `urn:prooflog:error:${failure.code}`,
    title: kind.title,
    status: kind.status,
    code: failure.code,
    detail: failure.message,
    request_id: requestId,
    ...(failure.field === ''
      ? {}
      : { errors: [{ field: failure.field, code: failure.code, message: failure.message }] }),
    ...(failure instanceof WrongRegion && failure.address !== undefined
      ? { region_address: failure.address }
      : {}),
  };
}

/** Anything thrown by a handler as a Failure; what we did not foresee is `internal` and says nothing of itself. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Failure('unsupported_media_type', 'The Content-Type is not understood.');
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Failure('body_too_large', 'The body is too large.');
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new Failure('malformed_encoding', 'The sender stopped before the body was complete.', {
      cause: error,
    });
  return new Failure(
    'internal',
    'Something went wrong on the server; the request id leads to it in its log.',
    { cause: error },
  );
}

/** Seconds a sender should wait; refusals under load ask for a little, a full disk for more. */
function retryAfter(failure: Failure): string {
  return failure.code === 'storage_full' ? '30' : '2';
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  log: Logger,
): FastifyReply {
  const failure = asFailure(error);
  const problem = problemOf(failure, request.id);
  // An internal error's own message may hold data (a driver quotes rows); only its class and place are logged.
  if (failure.code === 'internal')
    log.error({ requestId: request.id, stack: safeStackFrames(failure.cause) }, 'request failed');
  if (failure.retry) void reply.header('retry-after', retryAfter(failure));
  if (failure.code === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="prooflog"');
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}
