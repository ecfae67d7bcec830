/** Keys and tokens that are known by how they begin. The formats are those that their issuers publish. */
export interface KeyFormat {
  readonly rule: string;
  /** Texts it begins with; two characters at least. */
  readonly heads: readonly string[];
  /** The rest of it. */
  readonly tail: string;
}

const cloud = (heads: string, tail: string): KeyFormat => ({
  rule: 'cloud_key',
  heads: heads.split(' '),
  tail,
});

const FORMATS: readonly KeyFormat[] = [
  // Amazon: access keys, Bedrock
  cloud('AKIA ASIA ABIA ACCA AGPA AIDA AROA AIPA ANPA ANVA', '[A-Z2-7]{16}(?![A-Za-z0-9])'),
  cloud('ABSK', '[A-Za-z0-9+/]{100,255}={0,2}'),
  // Google: API key, OAuth token, client secret
  cloud('AIza', '[\\w-]{35}'),
  cloud('ya29.', '[\\w-]{20,512}'),
  cloud('GOCSPX-', '[\\w-]{20,64}'),
  cloud('1//0', '[\\w-]{30,256}'),
  // GitHub, GitLab, Bitbucket, Gitea
  cloud('ghp_ gho_ ghu_ ghs_ ghr_', '[A-Za-z0-9]{30,255}'),
  cloud('github_pat_', '\\w{22,255}'),
  cloud('glpat- glptt- gldt- glrt- glsoat- glcbt- glft- glimt- glagent- gloas- glffct-', '[\\w.-]{20,128}'),
  cloud('GR1348941', '[\\w-]{20,64}'),
  cloud('ATBB', '[A-Za-z0-9]{24,64}'),
  // Atlassian, Linear, Notion, Asana, Postman, Figma
  cloud('ATATT3 ATCTT3', '[\\w=-]{40,512}'),
  cloud('lin_api_ lin_oauth_', '[A-Za-z0-9]{32,64}'),
  cloud('secret_ ntn_', '[A-Za-z0-9]{40,64}'),
  cloud('PMAK-', '[a-f0-9]{24}-[a-f0-9]{34}'),
  cloud('figd_', '[\\w-]{36,64}'),
  // Slack, Discord, Telegram, Teams
  cloud('xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xoxd-', '[\\w.%-]{10,512}'),
  cloud('xapp-', '[\\w-]{10,255}'),
  cloud('hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/', '[\\w/-]{20,128}'),
  cloud('discord.com/api/webhooks/ discordapp.com/api/webhooks/', '\\d{17,20}/[\\w-]{40,100}'),
  cloud('MT MD Mj Mz ND NT Nj Nz OD OT', '[A-Za-z0-9_-]{22,26}\\.[\\w-]{6}\\.[\\w-]{27,38}(?![\\w-])'),
  // Payments: Stripe, Square, PayPal/Braintree, Shopify, Razorpay, Plaid, Flutterwave, Coinbase
  cloud(
    'sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ whsec_',
    '[A-Za-z0-9+/=]{10,255}',
  ),
  cloud('sq0atp- sq0csp- sq0idp-', '[\\w-]{22,64}'),
  cloud('EAA', '[\\w-]{50,255}'),
  cloud('access_token$production$ access_token$sandbox$', '[a-z0-9]{16}\\$[a-f0-9]{32}'),
  cloud('shpat_ shpca_ shppa_ shpss_', '[a-fA-F0-9]{32}'),
  cloud('rzp_live_ rzp_test_', '\\w{14,64}'),
  cloud('access-sandbox- access-production- access-development-', '[0-9a-f-]{36}'),
  cloud('FLWSECK_TEST- FLWSECK- FLWPUBK_TEST- FLWPUBK-', '[A-Za-z0-9-]{12,64}'),
  // Mail and messages: SendGrid, Mailgun, Mailchimp, Sendinblue, Twilio
  cloud('SG.', '[\\w-]{16,64}\\.[\\w-]{16,64}'),
  cloud('key-', '[a-f0-9]{32}(?![a-f0-9])'),
  cloud('pubkey-', '[a-f0-9]{32}(?![a-f0-9])'),
  cloud('xkeysib-', '[a-f0-9]{64}-[A-Za-z0-9]{16}'),
  cloud('SK AC', '[a-f0-9]{32}(?![A-Za-z0-9])'),
  // Models: OpenAI, Anthropic, Hugging Face, Groq, Perplexity, Replicate, xAI, OpenRouter, LangSmith, NVIDIA
  cloud('sk-', '(?:ant-|proj-|svcacct-|admin-|or-|None-|lf-)?(?=[a-z-]{0,64}[A-Z0-9_])[\\w-]{20,255}'),
  cloud('sess-', '[A-Za-z0-9]{40}(?![A-Za-z0-9])'),
  cloud('hf_ api_org_', '[A-Za-z0-9]{30,64}'),
  cloud('gsk_ xai- pplx- nvapi-', '[\\w-]{40,128}'),
  cloud('r8_', '[A-Za-z0-9]{37,40}'),
  cloud('lsv2_pt_ lsv2_sk_', '[a-f0-9]{32}_[a-f0-9]{10}'),
  // Packages and builds: npm, PyPI, RubyGems, crates.io, NuGet, Clojars, Docker, Artifactory, Terraform, Pulumi, Sonar, CircleCI
  cloud('npm_', '[A-Za-z0-9]{30,64}'),
  cloud('pypi-', 'AgE[\\w-]{50,1000}'),
  cloud('rubygems_', '[a-f0-9]{48}'),
  cloud('cio', '[A-Za-z0-9]{32}(?![A-Za-z0-9])'),
  cloud('oy2', '[a-z0-9]{43}(?![a-z0-9])'),
  cloud('CLOJARS_', '[a-z0-9]{60}'),
  cloud('dckr_pat_ dckr_oat_', '[\\w-]{20,64}'),
  cloud('AKCp', '[A-Za-z0-9]{60,73}'),
  cloud('pul-', '[a-f0-9]{40}'),
  cloud('squ_ sqp_ sqa_', '[a-f0-9]{40}'),
  cloud('CCIPAT_ CCIPRJ_', '\\w{20,128}'),
  // Clouds and hosts: DigitalOcean, Heroku, Fly, Netlify, Vercel, Cloudflare, Alibaba, Tencent, Azure, Supabase, Databricks
  cloud('dop_v1_ doo_v1_ dor_v1_', '[a-f0-9]{64}'),
  cloud('HRKU-', '[\\w-]{36,80}'),
  cloud('fo1_ fm1_ fm1a_ fm1r_ fm2_', '[\\w+/=,-]{20,512}'),
  cloud('nfp_', '[A-Za-z0-9]{36,64}'),
  cloud('LTAI', '[A-Za-z0-9]{12,24}(?![A-Za-z0-9])'),
  cloud('AKID', '[A-Za-z0-9]{32}(?![A-Za-z0-9])'),
  cloud('sbp_ sb_secret_', '[\\w]{20,64}'),
  cloud('dapi', '[a-f0-9]{32}(?:-\\d)?(?![a-f0-9])'),
  cloud('v1.0-', '[a-f0-9]{24}-[a-f0-9]{146}'),
  cloud('pscale_tkn_ pscale_pw_ pscale_oauth_', '[\\w.=-]{32,64}'),
  // Monitoring: Datadog, New Relic, Grafana, Sentry, Dynatrace, Honeycomb, PagerDuty, PostHog
  cloud('ddapp_ ddpat_', '[A-Za-z0-9_]{30,64}'),
  cloud('NRAK- NRII- NRRA- NRAA- NRIQ- NRSP- NRJS-', '[A-Za-z0-9-]{19,64}'),
  cloud('glsa_', '[A-Za-z0-9]{32}_[a-fA-F0-9]{8}'),
  cloud('glc_', '[A-Za-z0-9+/]{32,400}={0,3}'),
  cloud('sntrys_ sntryu_ sntrya_', '[A-Za-z0-9+/=_-]{40,400}'),
  cloud('dt0c01. dt0s01. dt0s16.', '[A-Z0-9]{24}\\.[A-Z0-9]{64}'),
  cloud('hcaik_ hcxik_ hcalk_ hcamk_', '[a-z0-9]{26,64}'),
  cloud('phc_ phx_', '[A-Za-z0-9]{40,64}'),
  // Stores of secrets: Vault, Doppler, 1Password, age, Infisical; and our own keys
  cloud('hvs. hvb. hvr.', '[\\w-]{20,300}'),
  cloud('dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dp.said.', '[\\w.-]{30,128}'),
  cloud('ops_eyJ', '[A-Za-z0-9+/]{100,4096}={0,3}'),
  cloud('A3-', '[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}'),
  cloud('AGE-SECRET-KEY-1', '[A-Z0-9]{40,70}'),
  cloud('plk_', '[\\w-]{20,128}'),
  // Others that stand in many logs
  cloud('tfp_', '[\\w-]{40,60}'),
  cloud('EZAK EZTK', '[A-Za-z0-9]{54}'),
  cloud('shippo_live_ shippo_test_', '[a-f0-9]{40}'),
  cloud('duffel_test_ duffel_live_', '[\\w=-]{43}'),
  cloud('sk.eyJ pk.eyJ', '[\\w.-]{40,255}'),
  { rule: 'jwt', heads: ['eyJ'], tail: '[\\w-]{8,4096}\\.[\\w-]{4,8192}(?:\\.[\\w-]{0,2048}){0,3}' },
  {
    rule: 'private_key',
    heads: ['-----BEGIN '],
    tail: '[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----END )){0,8192}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?',
  },
  { rule: 'private_key', heads: ['PuTTY-User-Key-File-'], tail: '[^]{0,4096}' },
];

/** A format ready to be tried at a place. */
export interface Key {
  readonly rule: string;
  readonly pattern: RegExp;
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Each format with its pattern, sticky. */
export const KEYS: readonly (Key & { readonly heads: readonly string[] })[] = FORMATS.map(
  ({ rule, heads, tail }) => ({
    rule,
    heads,
    pattern: new RegExp(`(?:${heads.map(literal).join('|')})(?:${tail})`, 'y'),
  }),
);

const BY_HEAD: (readonly Key[])[] = [];
const indexOf = (first: number, second: number): number => (first << 7) | second;
for (const key of KEYS)
  for (const index of new Set(key.heads.map((h) => indexOf(h.charCodeAt(0), h.charCodeAt(1)))))
    BY_HEAD[index] = [...(BY_HEAD[index] ?? []), key];
const NONE: readonly Key[] = [];

/** The formats that may begin at a place. */
export function keysAt(text: string, at: number): readonly Key[] {
  const second = text.charCodeAt(at + 1);
  return second < 128 ? (BY_HEAD[indexOf(text.charCodeAt(at), second)] ?? NONE) : NONE;
}
