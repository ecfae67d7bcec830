import { Command } from 'commander';
import type { CreatedKey, KeyInfo, SigningKey, SigningKeys } from '../api/contract.js';
import { Client, print } from './client.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  tenant?: string;
  role?: string;
  label?: string;
}

/** docs/formats/ledger.md, "Change of keys". */
const SIGNING = [
  {
    name: 'rotate',
    method: 'POST',
    path: '/v1/signing-keys/rotate',
    about: 'Make a new signing key; until "retire" the old one signs beside it',
  },
  {
    name: 'retire',
    method: 'POST',
    path: '/v1/signing-keys/retire',
    about: 'Let the old signing key sign no more, once the change is proven under both',
  },
  {
    name: 'signing',
    method: 'GET',
    path: '/v1/signing-keys',
    about: 'List the signing keys; with --json also the proofs of each change, for "verify --rotation"',
  },
] as const;

const shared = (command: Command): Command =>
  command
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token')
    .option('--json', 'print JSON');

export function keyCommand(): Command {
  const command = new Command('key').description('API keys and signing keys of a running server');
  shared(command.command('create'))
    .description('Make a key; it is shown once')
    .requiredOption('--tenant <slug>', 'tenant it belongs to')
    .option('--role <role>', 'ingest, reader or admin', 'ingest')
    .option('--label <text>', 'what it is for', '')
    .addHelpText('after', '\nExample:\n  prooflog key create --tenant acme --role reader --label "grafana"\n')
    .action(async (o: Options) => {
      const body = { tenant: o.tenant, role: o.role, label: o.label };
      const key = await Client.fromEnvironment(o).call<CreatedKey>('POST', '/v1/keys', body);
      print(key, o.json ?? false, (k: CreatedKey) => k.key);
    });
  shared(command.command('list'))
    .description('List the keys of a tenant')
    .requiredOption('--tenant <slug>', 'tenant')
    .action(async (o: Options) => {
      const { keys } = await Client.fromEnvironment(o).call<{ keys: KeyInfo[] }>(
        'GET',
        '/v1/keys',
        undefined,
        o.tenant,
      );
      print(
        keys,
        o.json ?? false,
        (k: KeyInfo) => `${k.id}  ${k.role}  ${k.label}  last used ${k.last_used_at ?? 'never'}`,
      );
    });
  shared(command.command('revoke'))
    .argument('<id>')
    .description('Take a key back; it stops working at once')
    .action(async (id: string, o: Options) => {
      await Client.fromEnvironment(o).call('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
    });
  for (const { name, method, path, about } of SIGNING)
    shared(command.command(name))
      .description(about)
      .requiredOption('--tenant <slug>', 'tenant')
      .addHelpText('after', `\nExample:\n  prooflog key ${name} --tenant acme\n`)
      .action(async (o: Options) => {
        const { keys } = await Client.fromEnvironment(o).call<SigningKeys>(method, path, undefined, o.tenant);
        print(
          keys,
          o.json ?? false,
          (k: SigningKey) => `${k.state.padEnd(10)}  ${k.store.padEnd(7)}  ${k.vkey}`,
        );
      });
  shared(command.command('signin'))
    .description('Print a new one-time link to the pages')
    .action(async (o: Options) => {
      const client = Client.fromEnvironment(o);
      const { path } = await client.call<{ path: string }>('POST', '/v1/session/link', {});
      print({ url: client.url + path }, o.json ?? false, (link: { url: string }) => link.url);
    });
  return command;
}
