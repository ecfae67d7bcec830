import { splitLog } from '../../event/stages.js';
import type { LogIntegrity as Status } from '../../integrity/scrubber.js';
import type { Context, Route, Services } from '../context.js';
import type { IntegrityReply, LogIntegrity } from '../contract.js';

export function integrityRoutes(services: Services): Route[] {
  return [
    {
      method: 'GET',
      url: '/v1/integrity',
      permission: 'read',
      handle: async (context): Promise<IntegrityReply> => {
        const wanted = chosenTenant(context);
        const logs = services.engine.scrubber
          .status()
          .filter((status) => wanted === null || splitLog(status.log).tenant === wanted);
        const { stopped } = services.engine.sealer;
        return { logs: logs.map((status) => ({ ...shown(status), stopped: stopped.has(status.log) })) };
      },
    },
  ];
}

/** Its id; null for all: an administrator of the installation who names no tenant sees what belongs to none too. */
export function chosenTenant(context: Context): string | null {
  const { principal, request } = context;
  const named = request.headers['x-prooflog-tenant'] ?? (request.query as { tenant?: unknown }).tenant;
  return principal.tenant === null && named === undefined ? null : context.tenant().id;
}

const shown = ({ log, size, position, lastRound, findings }: Status): Omit<LogIntegrity, 'stopped'> => ({
  log,
  size,
  position,
  last_round: lastRound === null ? null : { finished_at: lastRound.finishedAt, size: lastRound.size },
  findings: findings.map(({ code, path, leaf, event_id, found_at }) => ({
    code,
    path,
    index: leaf,
    event_id,
    found_at,
  })),
});
