import { buildRoutes } from './builds.ts';
import { containerRoutes } from './containers.ts';
import { execRoutes } from './execs.ts';
import { fileRoutes } from './files.ts';
import { gantryRoutes } from './gantry.ts';
import { hostShellRoutes } from './host-shell.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { pluginRoutes } from './plugins.ts';
import type { RouteFields } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { swarmObjectRoutes } from './swarm-objects.ts';
import { swarmRoutes } from './swarm.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

/** Every route, by its name in the published description. */
export const routeTable = {
  ...containerRoutes,
  ...execRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...volumeRoutes,
  ...systemRoutes,
  ...buildRoutes,
  ...swarmRoutes,
  ...swarmObjectRoutes,
  ...pluginRoutes,
  ...gantryRoutes,
  ...fileRoutes,
  ...sessionRoutes,
  ...hostShellRoutes,
} as const satisfies Readonly<Record<string, RouteFields>>;

export type RouteName = keyof typeof routeTable;

export interface Route extends RouteFields {
  readonly name: RouteName;
}

/** The row of a name. */
export type RowOf<N extends RouteName> = (typeof routeTable)[N];

export const routes: readonly Route[] = Object.entries(routeTable).map(([name, row]) => ({ ...row, name: name as RouteName }));
