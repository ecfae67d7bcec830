import { NEGATIVES } from './negatives.js';
import type { Random } from './random.js';

/**
 * Shapes of log lines. `{}` is where the value stands; the rest in braces is noise that is to be left alone. Rules may
 * be made with an eye on the first list; the second is only measured with.
 */
export const DEVELOPMENT: readonly string[] = [
  '{time} INFO [main] com.example.Service - user registered: {}',
  '{"ts":"{time}","level":"info","msg":"lookup failed","value":"{}","trace_id":"{trace}"}',
  'level=warn ts={time} caller=main.go:42 msg="rejected {}" request_id={uuid} took=12.4ms',
  'GET /v1/find?id={n}&q={} HTTP/1.1',
  'ERROR: duplicate key value violates unique constraint "users_key" DETAIL: Key (value)=({}) already exists.',
  "SELECT * FROM customers WHERE ref = '{}' AND tenant = {n} LIMIT 10",
  'java.lang.IllegalArgumentException: cannot parse {}\n\tat com.example.Parser.parse(Parser.java:118)\n\tat com.example.App.main(App.java:7)',
  '{n},{uuid},{},{time},ok',
  'Received from customer: {} (attempt 3 of 5)',
  '<134>1 {time} web-7 app 2718 ID47 - payload {}',
  'panic: unexpected input "{}"\ngoroutine 17 [running]:',
  'event={"outer":"{\\"inner\\":\\"{}\\"}"}',
  '[{time}] "{}" could not be delivered, see {uuid}',
  'I, [{time} #4711]  INFO -- : Parameters: {"q"=>"{}", "page"=>"{n}"}',
  '{time} | DEBUG | worker-{n} | processing {}; retries=2',
  'ValueError: invalid literal: \'{}\'\n  File "/srv/app/views.py", line 88, in handle',
  '{"log":"{\\"message\\":\\"sent to {}\\",\\"span\\":\\"{span}\\"}\\n","stream":"stdout"}',
  'callback https://hooks.example.net/in?state={uuid}&who={}',
  '{n}\t{}\t{time}\t200',
  'UPDATE accounts SET note = "{}" WHERE id = \'{uuid}\';',
  '<entry id="{n}"><v>{}</v></entry>',
  'kafka: partition=3 offset={n} key={uuid} value={}',
  'Rejected input ({}) at step {n}',
  '- {}\n- {uuid}\n- {time}',
];

export const HELD_OUT: readonly string[] = [
  '{time} [pool-3-thread-8] WARN  c.e.mailer.Outbox:88 - bounced ({}), giving up after {n}',
  'time="{time}" level=error msg="upstream said: no such account {}" component=gateway trace={trace}',
  "W{n} {time} 1 reflector.go:324] object '{}' was not found in cache {uuid}",
  '{"@timestamp":"{time}","labels":{"span":"{span}"},"error":{"message":"cannot use {} twice"}}',
  'Traceback (most recent call last):\n  File "job.py", line 12, in run\n    load({!r})\nKeyError: "{}"',
  "INSERT INTO audit (id, at, what) VALUES ('{uuid}', '{time}', '{}');",
  'POST /cb HTTP/2 body: step=2&answer={}&trace={trace}',
  '{time};{n};"{}";done',
  'goroutine 5 [running]: main.use(0xc000{span}, {})\n\t/src/main.go:31',
  'Warning: Undefined array key "{}" in /srv/www/form.php on line 77',
  'Apr  3 04:11:52 gw-2 postfix/smtp[911]: to=<{}>, relay=none, delay=12',
  '(node:17) UnhandledPromiseRejectionWarning: Error: seen {} before, at {time}',
];

const NOISE: Readonly<Record<string, string>> = {
  time: 'ISO timestamp',
  uuid: 'UUID',
  trace: 'trace id',
  span: 'span id',
  n: 'order number',
};

/** A template with noise in it, cut where the value belongs. */
export function shape(template: string, r: Random): { before: string; behind: string } {
  const at = template.indexOf('{}');
  const noisy = (text: string): string =>
    text.replace(
      /\{(time|uuid|trace|span|n)\}/g,
      (_, name: string) => NEGATIVES[NOISE[name] as string]?.(r) ?? '',
    );
  return { before: noisy(template.slice(0, at)), behind: noisy(template.slice(at + 2)) };
}

const each = (text: string, which: RegExp, write: (c: string) => string): string =>
  [...text].map((c) => (which.test(c) ? write(c) : c)).join('');
const code = (c: string): string => (c.codePointAt(0) ?? 0).toString(16);
const b64 = (text: string): string => Buffer.from(text).toString('base64');

/** How a value reaches a log in disguise. */
export const DISGUISES: Readonly<Record<string, (text: string) => string>> = {
  'percent-encoded': encodeURIComponent,
  'percent-encoded twice': (t) => encodeURIComponent(encodeURIComponent(t)),
  'JSON in a string': (t) => JSON.stringify(JSON.stringify({ v: t })),
  'JSON in a string, thrice': (t) => JSON.stringify(JSON.stringify(JSON.stringify({ v: t }))),
  'unicode escapes': (t) => each(t, /[^\w\s]|\d/, (c) => `\\u${code(c).padStart(4, '0')}`),
  'hex escapes': (t) => each(t, /[^\w\s]|\d/, (c) => `\\x${code(c).padStart(2, '0')}`),
  'HTML entities': (t) => each(t, /[@+.:/-]/, (c) => `&#${c.codePointAt(0)};`),
  base64: (t) => b64(`value ${t} end`),
  'base64url of JSON': (t) => Buffer.from(JSON.stringify({ user: { v: t } })).toString('base64url'),
  'base64 twice': (t) => b64(b64(`value ${t} end`)),
  hex: (t) => Buffer.from(`value ${t}`).toString('hex'),
  'quoted-printable': (t) => each(t, /[@=]/, (c) => `=${code(c).toUpperCase()}`),
  'full-width': (t) => each(t, /[!-~]/, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  'zero-width inside': (t) => `${t.slice(0, 3)}\u200b${t.slice(3)}`,
  'soft hyphen inside': (t) => `${t.slice(0, 4)}\u00ad${t.slice(4)}`,
  'no-break spaces': (t) => t.replaceAll(' ', '\u00a0'),
};
