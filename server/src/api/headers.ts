import type { FastifyReply } from 'fastify';

/**
 * No script but our own files, no markup from strings, no framing, no other origin. Log text is shown as text
 * nodes only; Trusted Types make the browser hold us to it.
 */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "require-trusted-types-for 'script'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export function securityHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(HEADERS))
    if (!reply.hasHeader(name)) void reply.header(name, value);
  // What a reader may see must not stay in a shared cache; ledger tiles say otherwise for themselves.
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
}
