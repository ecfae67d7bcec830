import type { Route, Services } from '../context.js';

export function healthRoutes(services: Services): Route[] {
  return [
    { method: 'GET', url: '/health', permission: 'public', handle: async () => ({ status: 'ok' }) },
    {
      method: 'GET',
      url: '/ready',
      permission: 'public',
      handle: async (context) => {
        const ready = services.isReady();
        return context.reply.code(ready ? 200 : 503).send({
          status: ready ? 'ready' : 'starting or stopping',
          stopped_logs: services.engine.sealer.stopped.size,
        });
      },
    },
    {
      method: 'GET',
      url: '/metrics',
      permission: 'public',
      handle: async (context) =>
        context.reply.type(services.metrics.contentType).send(await services.metrics.text()),
    },
  ];
}
