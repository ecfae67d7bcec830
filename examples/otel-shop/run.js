import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createShop } from './app.js';
import { settings, startTelemetry } from './telemetry.js';

/** A word nobody has used before, made of syllables so that nothing takes it for a key. */
function randomWord() {
  const pick = (/** @type {string} */ letters) => letters[randomInt(letters.length)];
  return Array.from({ length: 6 }, () => `${pick('bdfgklmnprstvz')}${pick('aeiou')}`).join('');
}

/**
 * One round of visits: method, path and body. The scenario plays it ten times.
 * @param {number} round
 * @returns {[method: string, path: string, body?: object][]}
 */
function visits(round) {
  const customer = `customer-${round}`;
  return [
    ['GET', '/catalog'],
    ['GET', '/catalog?q=tea'],
    ['POST', '/login', { customer, password: round % 3 === 0 ? 'guess' : 'open sesame' }],
    ['POST', '/checkout', { customer, sku: round % 2 === 0 ? 'tea-01' : 'pot-03', payment: 'invoice' }],
    ['POST', '/checkout', { customer, sku: 'cup-02', payment: round % 4 === 0 ? 'card' : 'invoice' }],
    round % 5 === 0 ? ['POST', '/checkout', { customer, sku: 'no-such-item' }] : ['GET', '/nowhere'],
  ];
}

/**
 * Plays the scenario.
 * @param {string} shop
 * @returns {Promise<string[]>} The trace of each request.
 */
async function play(shop) {
  const traceIds = [];
  for (let round = 0; round < 10; round++)
    for (const [method, path, body] of visits(round)) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(shop + path, init);
      await response.arrayBuffer();
      traceIds.push(response.headers.get('traceresponse')?.split('-')[1] ?? '');
    }
  return traceIds;
}

async function main() {
  const options = settings();
  const marker = randomWord();
  const { provider, delivery } = startTelemetry(options);
  const server = createShop(provider, { campaign: marker }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const traceIds = await play(`http://127.0.0.1:${port}`);
  server.close();
  await provider.forceFlush();
  await provider.shutdown();
  if (delivery.failures.length > 0 || delivery.sent === 0)
    throw new Error(`the export to ${options.url} failed: ${delivery.failures.join('; ') || 'nothing sent'}`);
  console.log(JSON.stringify({ encoding: options.encoding, sent: delivery.sent, traceIds, marker }));
}

main().catch((/** @type {Error} */ error) => {
  console.error(`otel-shop: ${error.message}`);
  process.exitCode = 1;
});
