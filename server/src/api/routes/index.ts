import type { Route, Services } from '../context.js';
import { adminRoutes } from './admin.js';
import { consentRoutes } from './consents.js';
import { exportRoutes } from './exports.js';
import { healthRoutes } from './health.js';
import { ingestRoutes } from './ingest.js';
import { integrityRoutes } from './integrity.js';
import { ledgerRoutes } from './ledger.js';
import { otlpRoutes } from './otlp.js';
import { recordRoutes } from './records.js';
import { rehearsalRoutes } from './rehearsal.js';
import { retentionRoutes } from './retention.js';
import { reviewRoutes } from './review.js';
import { rightsRoutes } from './rights.js';
import { searchRoutes } from './search.js';
import { sessionRoutes } from './session.js';
import { signingKeyRoutes } from './signing-keys.js';
import { tailRoutes } from './tail.js';
import { witnessRoutes } from './witness.js';

/** The one registry of routes, each with its permission. */
export const routes = (services: Services): Route[] =>
  [
    ingestRoutes,
    otlpRoutes,
    rehearsalRoutes,
    searchRoutes,
    recordRoutes,
    rightsRoutes,
    consentRoutes,
    retentionRoutes,
    exportRoutes,
    tailRoutes,
    ledgerRoutes,
    witnessRoutes,
    integrityRoutes,
    reviewRoutes,
    adminRoutes,
    signingKeyRoutes,
    sessionRoutes,
    healthRoutes,
  ].flatMap((of) => of(services));
