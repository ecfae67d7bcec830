import {
  createRootRoute,
  createRoute,
  createRouter,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router';
import { CorrelationPage } from '../features/correlation/page';
import { ExplorePage } from '../features/explore/page';
import { readState } from '../features/explore/state';
import { GuardPage } from '../features/guard/page';
import { LedgerPage } from '../features/ledger/page';
import { SignInPage } from '../features/signin/page';
import { StartPage } from '../features/start/page';
import { Shell } from './shell';

const root = createRootRoute();
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
const start = createRoute({ getParentRoute: () => shell, path: '/', component: StartPage });
const explore = createRoute({
  getParentRoute: () => shell,
  path: '/explore',
  component: ExplorePage,
  validateSearch: readState,
});
const correlation = createRoute({
  getParentRoute: () => shell,
  path: '/correlation/$id',
  component: CorrelationPage,
});
const ledger = createRoute({ getParentRoute: () => shell, path: '/ledger', component: LedgerPage });
const guard = createRoute({ getParentRoute: () => shell, path: '/guard', component: GuardPage });
const signin = createRoute({ getParentRoute: () => root, path: '/signin', component: SignInPage });

export const router = createRouter({
  routeTree: root.addChildren([shell.addChildren([start, explore, correlation, ledger, guard]), signin]),
  // A query that happens to be JSON is still a query.
  parseSearch: parseSearchWith((text) => text),
  stringifySearch: stringifySearchWith(String),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
