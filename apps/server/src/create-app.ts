import type { ServerOptions } from 'node:https';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { describeApi } from './http/api-description.ts';
import { FailureFilter } from './http/failure.filter.ts';
import { setSecurityHeaders } from './http/security-headers.ts';
import { SocketAdapter } from './http/socket-adapter.ts';
import { serveWeb } from './http/web.ts';
import { ApiDescription } from './operations/api-description.ts';
import type { Certified } from './tls/authority.ts';

export interface AppParts {
  readonly module: DynamicModule;
  readonly certificate: Certified | undefined;
}

const handshakeLimitMs = 10_000;

/** The application on its HTTP server, not listening yet. */
export async function createApp({ module, certificate }: AppParts): Promise<NestExpressApplication> {
  const tls = certificate ? { httpsOptions: secureOptions(certificate) } : {};
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: ['error', 'warn'],
    abortOnError: false,
    forceCloseConnections: true,
    bodyParser: false,
    ...tls,
  });
  app.useWebSocketAdapter(new SocketAdapter(app));
  app.disable('x-powered-by');
  app.use(setSecurityHeaders);
  serveWeb(app);
  app.useBodyParser('json', { limit: '1mb', type: 'application/json', strict: true });
  app.useGlobalFilters(new FailureFilter());
  app.get(ApiDescription).offer(() => describeApi(app));
  return app;
}

/** More than Nest's type of them knows. */
function secureOptions({ key, certificate: cert }: Certified) {
  const limits = { handshakeTimeout: handshakeLimitMs, connectionsCheckingInterval: handshakeLimitMs / 2 };
  return { key, cert, minVersion: 'TLSv1.2' as const, ...limits } satisfies ServerOptions;
}
