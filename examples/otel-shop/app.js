import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';

/** @typedef {{ sku: string, name: string, cents: number, stock: number }} Item */
/** @typedef {{ status: number, body: unknown }} Answer */
/** @typedef {import('@opentelemetry/api-logs').AnyValueMap} Attributes */
/**
 * What a handler gets to see of a request.
 * @typedef {object} Visit
 * @property {URL} url
 * @property {() => Promise<unknown>} json The body; throws when it is not JSON.
 * @property {(level: keyof typeof LEVELS, message: string, attributes?: Attributes, error?: unknown) => void} log
 */

const LEVELS = { INFO: SeverityNumber.INFO, WARN: SeverityNumber.WARN, ERROR: SeverityNumber.ERROR };

/** @type {readonly Readonly<Item>[]} */
const ITEMS = [
  { sku: 'tea-01', name: 'Green tea', cents: 790, stock: 100 },
  { sku: 'cup-02', name: 'Cup', cents: 1250, stock: 100 },
  { sku: 'pot-03', name: 'Tea pot', cents: 4900, stock: 1 },
];
const PASSWORD = 'open sesame';

class PaymentDeclined extends Error {
  /** @override */
  name = 'PaymentDeclined';
}

/** A shop server that is not listening yet. `campaign` is a word that the checkout puts in its messages. */
export function createShop(
  /** @type {import('@opentelemetry/api-logs').LoggerProvider} */ provider,
  /** @type {{ campaign: string }} */ { campaign },
) {
  const stock = new Map(ITEMS.map((item) => [item.sku, { ...item }]));
  const logger = provider.getLogger('otel-shop.http', '1.0.0');

  /** @type {Record<string, (visit: Visit) => Answer | Promise<Answer>>} */
  const routes = {
    'GET /catalog': (visit) => catalog(visit, stock),
    'POST /login': login,
    'POST /checkout': (visit) => checkout(visit, stock, campaign),
  };

  return createServer(async (request, response) => {
    const started = performance.now();
    const span = newSpanContext();
    const context = trace.setSpanContext(ROOT_CONTEXT, span);
    const url = new URL(request.url ?? '/', 'http://shop.invalid');
    /** @type {Visit['log']} */
    const log = (level, message, attributes = {}, exception = undefined) =>
      logger.emit({
        severityNumber: LEVELS[level],
        severityText: level,
        body: message,
        attributes,
        exception,
        context,
      });
    const route = `${request.method} ${url.pathname}`;
    const { status, body } = await answer(routes[route], { url, log, json: () => readJson(request) });
    log(status < 500 ? 'INFO' : 'ERROR', `${route} answered ${status}`, {
      'http.request.method': request.method ?? '',
      'url.path': url.pathname,
      'http.response.status_code': status,
      'duration.ms': performance.now() - started,
    });
    // W3C Trace Context Level 2 §4: tells the client which trace its request became.
    const traceresponse = `00-${span.traceId}-${span.spanId}-01`;
    response.writeHead(status, { 'content-type': 'application/json', traceresponse });
    response.end(JSON.stringify(body));
  });
}

/** @returns {import('@opentelemetry/api').SpanContext} */
function newSpanContext() {
  const id = (/** @type {number} */ bytes) => randomBytes(bytes).toString('hex');
  return { traceId: id(16), spanId: id(8), traceFlags: TraceFlags.SAMPLED };
}

/**
 * @param {((visit: Visit) => Answer | Promise<Answer>) | undefined} handler
 * @param {Visit} visit
 * @returns {Promise<Answer>}
 */
async function answer(handler, visit) {
  if (handler === undefined) return { status: 404, body: { error: 'not found' } };
  try {
    return await handler(visit);
  } catch (error) {
    visit.log('ERROR', 'the request failed', { 'url.path': visit.url.pathname }, error);
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'not JSON' } };
    return { status: 500, body: { error: 'internal' } };
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function readJson(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

/** @param {Visit} visit @param {Map<string, Item>} stock @returns {Answer} */
function catalog({ url, log }, stock) {
  const wanted = url.searchParams.get('q') ?? '';
  const found = [...stock.values()].filter((item) => item.name.toLowerCase().includes(wanted));
  log('INFO', `catalog shown with ${found.length} items`, {
    'catalog.query': wanted,
    'catalog.skus': found.map((item) => item.sku),
  });
  return { status: 200, body: found };
}

/** @param {Visit} visit @returns {Promise<Answer>} */
async function login({ json, log }) {
  const { customer, password } = /** @type {{ customer: string, password: string }} */ (await json());
  const allowed = password === PASSWORD;
  if (allowed) log('INFO', 'login succeeded', { 'enduser.id': customer });
  else log('WARN', 'login failed', { 'enduser.id': customer, reason: 'wrong password' });
  return allowed ? { status: 200, body: { customer } } : { status: 401, body: { error: 'wrong password' } };
}

/**
 * @param {Visit} visit @param {Map<string, Item>} stock @param {string} campaign
 * @returns {Promise<Answer>}
 */
async function checkout({ json, log }, stock, campaign) {
  const order = /** @type {{ customer: string, sku: string, payment: string }} */ (await json());
  const item = stock.get(order.sku);
  if (item === undefined) throw new TypeError('an order for an item that is not in the catalog');
  if (item.stock === 0) {
    log('WARN', `out of stock: ${item.name}`, { 'item.sku': item.sku });
    return { status: 409, body: { error: 'out of stock' } };
  }
  try {
    pay(item, order.payment);
  } catch (error) {
    log('ERROR', 'payment failed', { 'item.sku': item.sku, 'enduser.id': order.customer }, error);
    return { status: 402, body: { error: 'payment declined' } };
  }
  item.stock--;
  log('INFO', `order placed in campaign ${campaign}`, {
    'enduser.id': order.customer,
    order: { sku: item.sku, cents: item.cents, gift: false },
  });
  return { status: 201, body: { sku: item.sku } };
}

/** @param {Item} item @param {string} payment */
function pay(item, payment) {
  if (payment !== 'invoice') throw new PaymentDeclined(`the bank declined ${item.cents} cents`);
}
