import { Command } from 'commander';
import type { Tenant } from '../api/contract.js';
import { Client, print } from './client.js';

interface Options {
  url?: string;
  token?: string;
  json?: boolean;
  pack?: string[];
  region?: string;
}

const line = (t: Tenant): string => `${t.id}  ${t.slug}  ${t.packs.join(',')}  ${t.region}`;

export function tenantCommand(): Command {
  const command = new Command('tenant').description('Make and list tenants of a running server');
  command
    .command('create')
    .argument('<slug>')
    .description('Make a tenant')
    .option('--pack <name...>', 'packs to turn on', ['company-governance'])
    .option('--region <region>', 'where its records are kept')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  prooflog tenant create acme --pack company-governance --region eu\n')
    .action(async (slug: string, o: Options) => {
      const tenant = await Client.fromEnvironment(o).call<Tenant>('POST', '/v1/tenants', {
        slug,
        packs: o.pack,
        region: o.region,
      });
      print(tenant, o.json ?? false, line);
    });
  command
    .command('list')
    .description('List the tenants')
    .option('--url <url>', 'address of the server')
    .option('--token <token>', 'administrator token')
    .option('--json', 'print JSON')
    .action(async (o: Options) => {
      const { tenants } = await Client.fromEnvironment(o).call<{ tenants: Tenant[] }>('GET', '/v1/tenants');
      print(tenants, o.json ?? false, line);
    });
  return command;
}
